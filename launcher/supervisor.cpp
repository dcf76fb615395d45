// The launcher's reactions to all that may happen to a job.
#include "launcher/supervisor.hpp"

#include "launcher/descendants.hpp"
#include "launcher/program.hpp"
#include "launcher/system_text.hpp"

#include "runtime/system.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace cohort::launcher {

namespace {

using runtime::member_state;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A failed job is to be gone within a second: so long for the ranks to end by themselves, where the
// failure is one that all may have come upon (a wrong argument), and so long to react to SIGTERM.
constexpr milliseconds farewell_grace{250};
constexpr milliseconds terminate_grace{400};
// After a signal that asks the job to end, ranks may save their work for so long.
constexpr seconds interrupt_grace{5};
// Processes that can't be killed (in an uninterruptible system call) are left after this.
constexpr seconds kill_grace{5};
// A wrapper (a shell) that reports the end of the program in it does so at once.
constexpr milliseconds wrapper_grace{50};

constexpr int timeout_exit_code = 124;

// Reads whole records of T until there are no more; false at the end of the pipe.
template <class T, class F>
bool read_records(int descriptor, F&& use) {
  for (;;) {
    T record;
    const ssize_t count = ::read(descriptor, &record, sizeof record);
    if (count == static_cast<ssize_t>(sizeof record)) {
      use(record);
    } else if (count == 0) {
      return false;
    } else if (count > 0 || errno != EINTR) {
      return true;  // nothing more for now; a torn record was written by a stranger
    }
  }
}

}  // namespace

supervisor::supervisor(const run_options& options, runtime::job& job, std::string host,
                       bool foreground)
    : options_(options),
      job_(job),
      host_(std::move(host)),
      foreground_(foreground),
      output_(loop_, options.tag_output),
      input_(loop_),
      ranks_(job.ranks()) {}

int supervisor::serve(guard started, unique_descriptor signals, unique_descriptor control,
                      const start_plan& plan) {
  guard_ = std::move(started);
  signals_ = std::move(signals);
  control_ = std::move(control);
  plan_ = &plan;
  watch_everything();
  input_.start();
  while (!guard_gone_ || !(output_.finished() || drop_output_)) loop_.turn();
  return exit_code_.value_or(0);
}

void supervisor::watch_everything() {
  loop_.watch(guard_.events.get(), EPOLLIN, [this](std::uint32_t) { read_guard(); });
  loop_.watch(guard_.failures.get(), EPOLLIN, [this](std::uint32_t) { read_start_failures(); });
  loop_.watch(control_.get(), EPOLLIN, [this](std::uint32_t) { read_control(); });
  loop_.watch(signals_.get(), EPOLLIN, [this](std::uint32_t) { read_signals(); });
  if (options_.timeout) loop_.after(*options_.timeout, [this] { on_timeout(); });
}

void supervisor::read_guard() {
  if (guard_gone_) return;
  const bool alive = read_records<guard_event>(guard_.events.get(), [this](const guard_event& e) {
    if (e.what == guard_event::kind::started)
      on_started(e.rank, e.pid);
    else
      on_ended(e.rank, e.wait_status);
  });
  if (!alive) on_guard_gone();
}

void supervisor::read_start_failures() {
  if (!guard_.failures) return;
  const bool more = read_records<start_failure>(
      guard_.failures.get(), [this](const start_failure& f) { on_start_failure(f); });
  if (more) return;
  loop_.forget(guard_.failures.get());  // every rank has called exec
  guard_.failures.reset();
}

void supervisor::read_control() {
  const bool more = read_records<runtime::joined_message>(
      control_.get(), [this](const runtime::joined_message& message) {
        // Any process of the job can write here.
        if (message.rank >= ranks_.size() || message.pid <= 0) return;
        ranks_[message.rank].joined_pid = message.pid;
        tell_details("rank " + std::to_string(message.rank) + " joined as process " +
                     std::to_string(message.pid));
        watch_inner(message.rank);
      });
  if (more) return;
  loop_.forget(control_.get());
  control_.reset();
}

void supervisor::read_signals() {
  read_records<signalfd_siginfo>(signals_.get(), [this](const signalfd_siginfo& info) {
    on_signal(static_cast<int>(info.ssi_signo), info.ssi_code == SI_KERNEL);
  });
}

void supervisor::on_started(std::uint32_t rank, pid_t pid) {
  ranks_[rank].pid = pid;
  tell_details("rank " + std::to_string(rank) + " started as process " + std::to_string(pid));
  watch_inner(rank);
  // Those who start late get what the others got.
  if (terminating_)
    send_signal(rank, SIGTERM);
  else if (interrupted_ != 0)
    send_signal(rank, interrupted_);
}

// Where a wrapper (a shell, a debugger) stands between, the process that joined the job is watched
// as well: the wrapper may outlive it.
void supervisor::watch_inner(std::uint32_t rank) {
  rank_process& process = ranks_[rank];
  if (process.pid == 0 || process.joined_pid == 0 || process.pid == process.joined_pid) return;
  if (process.end || process.inner) return;
  process.inner =
      unique_descriptor(static_cast<int>(::syscall(SYS_pidfd_open, process.joined_pid, 0)));
  if (process.inner) {
    loop_.watch(process.inner.get(), EPOLLIN, [this, rank](std::uint32_t) {
      loop_.forget(ranks_[rank].inner.get());
      on_inner_ended(rank);
    });
  } else if (errno == ESRCH) {
    on_inner_ended(rank);
  }
}

void supervisor::on_inner_ended(std::uint32_t rank) {
  loop_.after(wrapper_grace, [this, rank] {
    const rank_process& process = ranks_[rank];
    if (process.end || runtime::terminal(job_.state(rank))) return;
    fail({rank, 1,
          "rank " + std::to_string(rank) + " (host " + host_ + ", pid " +
              std::to_string(process.joined_pid) + ") ended without finalizing; process " +
              std::to_string(process.pid) + ", which started it, lives on"},
         false);
    job_.publish_death(rank, 0);
  });
}

// Programs that never join the job fail by their exit code alone.
bool supervisor::failed(std::uint32_t rank, int wait_status) const {
  const member_state state = job_.state(rank);
  const bool left_in_order = state == member_state::vacant || state == member_state::finalized;
  return wait_status != 0 || !left_in_order;
}

// Whether the end of the rank's process is no news to the others: either its environment has told
// them, or there is no job that they have joined.
bool supervisor::is_no_news(std::uint32_t rank) const {
  if (job_.state(rank) == member_state::finalized) return true;
  for (std::uint32_t other = 0; other < ranks_.size(); ++other) {
    if (job_.state(other) != member_state::vacant) return false;
  }
  return true;
}

void supervisor::on_ended(std::uint32_t rank, int wait_status) {
  rank_process& process = ranks_[rank];
  // A guard that is told to end all while it waits for our word reports once more.
  if (process.end) return;
  // What explains the end may be waiting to be read: a failed start, a signal from the terminal.
  read_start_failures();
  read_signals();
  output_.catch_up(rank);
  process.end = wait_status;
  ++ended_count_;
  tell_details("rank " + std::to_string(rank) + " " + ending_text(wait_status));
  // Everything that an account says is collected before the others learn of the death, and they are
  // told to end before that too, so that they don't all report an error of their own.
  if (!start_failed_ && failed(rank, wait_status)) {
    // An exit code of 0 is a failure where the rank had joined and not finished.
    fail({rank, wait_status == 0 ? 1 : exit_code_of(wait_status), failure_line(host_, view(rank))},
         WIFEXITED(wait_status) && is_no_news(rank));
  }
  job_.publish_death(rank, wait_status);
  const char done = 0;
  if (guard_.commands && ::write(guard_.commands.get(), &done, 1) < 0) {
    // The guard is dead; the end of its events says so.
    guard_.commands.reset();
  }
  if (ended_count_ < ranks_.size()) return;
  conclude();
  kill_all();  // only stragglers are left
}

void supervisor::fail(const failure& found, bool may_wait) {
  if (ending_) return;
  const bool first = !exit_code_;
  note_exit_code(found.exit_code);
  // Ranks that die of a signal that was passed on, or because nobody reads their output any more,
  // do what the user wants.
  if (interrupted_ != 0) return;
  const bool expected = (found.exit_code == 128 + SIGPIPE && output_.abandoned()) ||
                        (terminal_signal_ != 0 && found.exit_code == 128 + terminal_signal_);
  if (options_.on_failure == failure_policy::go_on && !job_.aborted()) {
    const bool others_live = ended_count_ < ranks_.size();
    if (!expected) tell(found.what + (others_live ? "; the others go on" : ""));
    return;
  }
  if (!first && !job_.aborted()) return;
  ending_ = true;
  if (expected) {
    end_job();
    return;
  }
  cause_ = found;
  if (may_wait)
    loop_.after(farewell_grace, [this] { conclude(); });
  else
    conclude();
}

void supervisor::conclude() {
  if (!cause_) return;
  const failure cause = std::move(*cause_);
  cause_.reset();
  std::vector<rank_view> others = views();
  end_job();
  std::erase_if(others, [&](const rank_view& v) { return v.rank == cause.rank; });
  const bool worth_telling = std::any_of(others.begin(), others.end(), [](const rank_view& v) {
    return v.state != member_state::vacant || v.end.value_or(0) != 0;
  });
  std::string text = cause.what;
  if (worth_telling)
    text.append("\n").append(activities(others)).append("cohortrun: the job is ended");
  else
    text += "; the job is ended";
  tell(text + " with exit code " + std::to_string(cause.exit_code));
}

void supervisor::on_start_failure(const start_failure& failure) {
  if (std::exchange(start_failed_, true)) return;  // the same for every rank
  if (failure.rank >= ranks_.size()) return;
  const rank_start& start = plan_->ranks[failure.rank];
  const std::string subject = "can't start rank " + std::to_string(failure.rank) + ": ";
  const std::string reason = runtime::describe_errno(failure.error_number);
  int code = 126;
  switch (failure.step) {
    case start_step::exec: {
      const program_problem problem = exec_problem(start.path, failure.error_number);
      code = problem.exit_code;
      tell(problem.what());
      break;
    }
    case start_step::fork:
      tell(subject + reason + "; raise `ulimit -u` or the container's limit of processes");
      break;
    case start_step::directory:
      tell(subject + "--wdir " + start.directory + ": " + reason);
      break;
    case start_step::binding:
      tell(subject + binding_text(failure.rank, start.where) + ": " + reason +
           "; use --bind-to none");
      break;
    case start_step::streams:
    case start_step::limits:
      tell(subject + reason);
      break;
  }
  note_exit_code(code);
  end_job();
}

void supervisor::on_signal(int number, bool from_terminal) {
  // The terminal sends its signals to the whole process group, so the rank has it already.
  const bool shared = foreground_ && from_terminal;
  if (number == SIGTSTP) {
    if (!shared) send_signals(SIGTSTP);
    ::raise(SIGSTOP);
    return;
  }
  if (shared)
    terminal_signal_ = number;
  else
    send_signals(number);
  const bool asks_for_end =
      number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT;
  if (!asks_for_end || shared) return;
  if (interrupted_ == 0) {
    interrupted_ = number;
    tell_details("passed on " + signal_name(number));
    loop_.after(interrupt_grace, [this] { kill_all(); });
  } else {
    drop_output_ = true;
    kill_all();
  }
}

void supervisor::on_timeout() {
  if (ending_ || ended_count_ == ranks_.size()) return;
  std::vector<rank_view> waiting = views();
  exit_code_ = timeout_exit_code;
  end_job();
  std::erase_if(waiting, [](const rank_view& v) { return v.end.has_value(); });
  tell("the time of --timeout is over; the job is ended with exit code 124; by then\n" +
       activities(waiting));
}

void supervisor::on_guard_gone() {
  const bool killed = static_cast<bool>(guard_.commands);
  guard_.commands.reset();
  while (::waitpid(guard_.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  // A killed guard's children are ours now.
  end_descendants([](pid_t, int) {});
  if (killed) {
    const int code = exit_code_.value_or(128 + SIGKILL);
    exit_code_ = code;
    tell("the process that guards the ranks (pid " + std::to_string(guard_.pid) +
         ") was killed; the job is ended with exit code " + std::to_string(code));
  }
  stop_serving();
}

void supervisor::stop_serving() {
  guard_gone_ = true;
  loop_.forget(guard_.events.get());
  input_.stop();
  output_.writers_are_gone();
}

void supervisor::note_exit_code(int code) {
  if (!exit_code_) exit_code_ = code;
}

rank_view supervisor::view(std::uint32_t rank) const {
  const rank_process& process = ranks_[rank];
  const bool never_joined = job_.pid(rank) == 0;  // published as dead all the same
  return {rank,
          process.joined_pid != 0 ? process.joined_pid : process.pid,
          never_joined ? member_state::vacant : job_.state(rank),
          process.end,
          job_.waiting(rank),
          job_.last_words(rank)};
}

std::vector<rank_view> supervisor::views() const {
  std::vector<rank_view> all;
  for (std::uint32_t rank = 0; rank < ranks_.size(); ++rank) all.push_back(view(rank));
  return all;
}

void supervisor::tell(const std::string& line) {
  if (options_.quiet) return;
  output_.message("cohortrun: " + line + (line.back() == '\n' ? "" : "\n"));
}

void supervisor::tell_details(const std::string& line) {
  if (options_.verbose) tell(line);
}

// A rank that has ended keeps its pid until its end is acknowledged, so the signal can't hit
// another process.
void supervisor::send_signal(std::uint32_t rank, int number) {
  const rank_process& process = ranks_[rank];
  if (process.pid == 0 || process.end) return;
  // Fails for a rank that has ended, or that runs as another user by now; its end is seen anyway.
  ::kill(foreground_ ? process.pid : -process.pid, number);
}

void supervisor::send_signals(int number) {
  for (std::uint32_t rank = 0; rank < ranks_.size(); ++rank) send_signal(rank, number);
}

void supervisor::end_job() {
  ending_ = true;
  if (std::exchange(terminating_, true)) return;
  send_signals(SIGTERM);
  send_signals(SIGCONT);  // who is stopped would not hear it
  loop_.after(terminate_grace, [this] { kill_all(); });
}

void supervisor::kill_all() {
  if (!guard_.commands) return;
  if (ended_count_ < ranks_.size()) {
    if (interrupted_ != 0) note_exit_code(128 + interrupted_);
    ending_ = true;
  }
  guard_.commands.reset();
  loop_.after(kill_grace, [this] {
    if (guard_gone_) return;
    tell("some processes can't be killed; they are left to the kernel");
    stop_serving();
  });
}

}  // namespace cohort::launcher
