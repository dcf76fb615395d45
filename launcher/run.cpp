// Puts the parts of a run together.
#include "launcher/run.hpp"

#include "launcher/guard.hpp"
#include "launcher/plan.hpp"
#include "launcher/signals.hpp"
#include "launcher/supervisor.hpp"
#include "launcher/system_text.hpp"

#include "runtime/settings.hpp"
#include "runtime/system.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cstdio>

namespace cohort::launcher {

namespace {

bool on_terminal() {
  return ::isatty(STDIN_FILENO) == 1 || ::isatty(STDOUT_FILENO) == 1 ||
         ::isatty(STDERR_FILENO) == 1;
}

unique_descriptor open_file(const std::string& path, int flags) {
  unique_descriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0666));
  if (!file) {
    throw_system_error("can't open " + path,
                       "check --output-filename: the folder must exist and be writable");
  }
  return file;
}

// What the names of the ranks' output files begin with: in a folder, with the rank.
std::string files_prefix(const std::string& given) {
  struct stat status {};
  const bool folder = ::stat(given.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
  if (given.empty() || given.back() == '/') return given;
  return given + (folder ? "/" : ".");
}

// Gives each rank its standard streams, and the other ends of pipes to the supervisor.
class stream_maker {
 public:
  stream_maker(const run_options& options, supervisor& watcher, runtime::job& job)
      : options_(options),
        watcher_(watcher),
        job_(job),
        files_(files_prefix(options.output_prefix)),
        single_(job.ranks() == 1) {}

  standard_streams make(std::uint32_t rank) {
    standard_streams streams;
    streams.input = make_input(rank);
    streams.output = make_output(rank, STDOUT_FILENO, ".stdout");
    streams.error = make_output(rank, STDERR_FILENO, ".stderr");
    return streams;
  }

 private:
  unique_descriptor make_input(std::uint32_t rank) {
    if (!options_.input.includes(rank)) return open_file("/dev/null", O_RDONLY);
    // One reader needs no go-between, except that a process group in the background, as a rank's is
    // beside others, may not read the terminal.
    const bool one_reader = single_ || options_.input.which == rank_choice::kind::one;
    if (one_reader && (single_ || ::isatty(STDIN_FILENO) == 0)) return {};
    pipe_ends ends = make_pipe();
    watcher_.rank_input().add(std::move(ends.write));
    return std::move(ends.read);
  }

  unique_descriptor make_output(std::uint32_t rank, int descriptor, const char* suffix) {
    if (!files_.empty()) {
      return open_file(files_ + std::to_string(rank) + suffix,
                       O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
    }
    if (single_ && !options_.tag_output) return {};
    pipe_ends ends = make_pipe();
    watcher_.rank_output().add(rank,
                               descriptor == STDOUT_FILENO ? output::channel::standard_output
                                                           : output::channel::standard_error,
                               std::move(ends.read));
    // A line that starts with a tag is to be read, not to be drawn over.
    if (!options_.tag_output && ::isatty(descriptor) == 1) {
      job_.show_on_terminal(rank, descriptor, ends.write.get());
    }
    return std::move(ends.write);
  }

  const run_options& options_;
  supervisor& watcher_;
  runtime::job& job_;
  std::string files_;  // what their names begin with; empty: none
  bool single_;
};

// A wrong setting is one error here and not one per rank.
void check_settings(const std::vector<rank_start>& ranks) {
  for (const rank_start& start : ranks) {
    runtime::settings of_rank;
    for (const std::string& variable : start.environment) of_rank.take(variable);
  }
}

void print(FILE* stream, const std::string& text) {
  // A reader that has gone is not our problem.
  std::fwrite(text.data(), 1, text.size(), stream);
  std::fflush(stream);
}

}  // namespace

int run(const run_options& options, std::span<char> command_line) {
  start_plan plan;
  const auto placements = place_ranks(options.binding, options.total_ranks());
  plan.ranks = plan_ranks(options, placements);
  check_settings(plan.ranks);
  const auto ranks = static_cast<std::uint32_t>(plan.ranks.size());
  if (options.binding.report) {
    std::string text;
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
      text += binding_text(rank, placements[rank]) + "\n";
    }
    print(stderr, text);
  }
  if (options.dry_run) {
    print(stdout, dry_run_text(options, plan.ranks));
    return 0;
  }

  plan.inherited = read_inherited_state();
  plan.command_line = command_line;
  // Per rank: both ends of three pipes at most, and a pidfd. Besides: what the launcher itself and
  // its parent have open.
  make_room_for_descriptors(std::size_t{7} * ranks + 128);
  const std::string host = host_name();
  runtime::job job =
      runtime::job::create({.ranks = ranks,
                            .host = host,
                            .processors = processors_of(placements, runtime::usable_processors())});
  plan.own_groups = !(ranks == 1 && on_terminal());
  supervisor watcher(options, job, host, !plan.own_groups);
  stream_maker streams(options, watcher, job);
  for (std::uint32_t rank = 0; rank < ranks; ++rank) plan.ranks[rank].streams = streams.make(rank);
  pipe_ends control = make_pipe();
  set_nonblocking(control.read);
  plan.arena = job.descriptor();
  plan.control = control.write.get();
  add_start_variables(plan, job);

  // Orphans of a guard that was killed come to the launcher.
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  unique_descriptor signals = take_signals();
  guard started = start_guard(plan);
  // The ranks alone hold their ends from here on.
  control.write.reset();
  for (rank_start& start : plan.ranks) start.streams = {};
  return watcher.serve(std::move(started), std::move(signals), std::move(control.read), plan);
}

}  // namespace cohort::launcher
