#include "multiprocessing/process/start.hpp"

#include <cohort/error.hpp>

#include "multiprocessing/family/place.hpp"
#include "multiprocessing/family/proc_stat.hpp"
#include "multiprocessing/family/steward.hpp"
#include "runtime/processes.hpp"
#include "runtime/system.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

extern char** environ;  // POSIX: the environment, which no header declares portably

namespace cohort::multiprocessing {

namespace {

// Where a child finds its descriptors.
constexpr int arena_descriptor = 3;
constexpr int start_descriptor = 4;

[[noreturn]] void throw_failed(const char* what) {
  throw resource_error(
      std::string("can't start a process: ") + what + ": " + runtime::describe_errno(errno),
      {.operation = "start"});
}

runtime::unique_descriptor written(std::span<const std::byte> bytes) {
  runtime::unique_descriptor memory(::memfd_create("cohort-start", MFD_CLOEXEC));
  if (!memory) throw_failed("memfd_create");
  while (!bytes.empty()) {
    const ssize_t count = ::write(memory.get(), bytes.data(), bytes.size());
    if (count < 0 && errno != EINTR) throw_failed("writing its arguments");
    if (count > 0) bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return memory;
}

// A child gets the arguments of its parent, so that whatever looks at them before the environment
// is made finds what it found there, and so that people find the program in a list of processes.
std::vector<std::string> own_arguments() {
  std::vector<std::string> arguments;
  const std::string text = read_proc_file(::getpid(), "cmdline").value_or("");
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\0', at), text.size());
    arguments.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  if (arguments.empty()) arguments.emplace_back("cohort-process");
  return arguments;
}

std::vector<std::string> environment_with(const std::string& start_variable) {
  std::vector<std::string> variables;
  for (char** each = environ; each && *each; ++each) {
    if (!std::string_view(*each).starts_with("COHORT_JOB=")) variables.emplace_back(*each);
  }
  variables.push_back(start_variable);
  return variables;
}

template <std::size_t Size>
void put_text(char (&place)[Size], const std::string& text) {
  const std::size_t length = std::min(text.size(), Size - 1);
  std::memcpy(place, text.data(), length);
  place[length] = '\0';
}

}  // namespace

std::shared_ptr<child> start_child(participant& me, const child_plan& plan) {
  const runtime::unique_descriptor start = written(plan.start.bytes());
  const runtime::unique_descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing) throw_failed("/dev/null");
  const participant_id place = keep_place(me);
  participant_entry& entry = me.shared().participant(slot_of(place));
  put_text(entry.name, plan.name);
  put_text(entry.lineage, plan.lineage);
  entry.daemon.store(plan.daemon ? 1 : 0, std::memory_order_release);
  try {
    spawn_plan program;
    program.path = "/proc/self/exe";  // the same file, even if another has taken its name
    program.arguments = own_arguments();
    program.environment = environment_with(
        "COHORT_JOB=" + std::string(runtime::child_variable) + std::to_string(place) + "," +
        std::to_string(arena_descriptor) + "," + std::to_string(start_descriptor));
    program.descriptors = {{nothing.get(), STDIN_FILENO},
                           {me.memory()->descriptor(), arena_descriptor},
                           {start.get(), start_descriptor}};
    return steward::of(me)->start(program,
                                  {.place = place, .name = plan.name, .daemon = plan.daemon});
  } catch (...) {
    me.shared().publish_end(place, 0);  // gives the place back
    throw;
  }
}

std::string name_of(const participant& me) {
  if (!me.is_rank()) return me.entry().name;
  const runtime::arena_header& job = me.memory()->header();
  return job.ranks == 1 ? "main" : "rank " + std::to_string(slot_of(me.id()));
}

}  // namespace cohort::multiprocessing
