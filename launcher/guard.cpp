// The guard process.
#include "launcher/guard.hpp"

#include "launcher/descendants.hpp"

#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>

namespace cohort::launcher {

namespace {

// Everything that the guard does after the ranks are started.
class guard_process {
 public:
  guard_process(int events, int commands) : events_(events), commands_(commands) {}

  void start(const start_plan& plan, int report) {
    for (std::uint32_t rank = 0; rank < plan.ranks.size(); ++rank) {
      const pid_t pid = start_rank(plan, rank, report);
      if (pid < 0) {
        const start_failure failure{rank, start_step::fork, errno};
        // The launcher reads it, or is dead, which the loop below notices.
        if (::write(report, &failure, sizeof failure) < 0) return;
        return;
      }
      ranks_.push_back(pid);
      tell({guard_event::kind::started, rank, pid, 0});
    }
  }

  // Returns when everybody is dead.
  void serve(int child_signals) {
    std::array<pollfd, 2> watched{{{child_signals, POLLIN, 0}, {commands_, POLLIN, 0}}};
    for (;;) {
      if (!reap()) break;
      if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) break;
      if (watched[1].revents != 0 && !acknowledged()) break;
      signalfd_siginfo ignored;
      while (::read(child_signals, &ignored, sizeof ignored) > 0) {
      }
    }
    end_descendants([&](pid_t pid, int status) {
      if (const auto rank = rank_of(pid)) tell({guard_event::kind::ended, *rank, pid, status});
    });
  }

 private:
  std::optional<std::uint32_t> rank_of(pid_t pid) const {
    const auto found = std::find(ranks_.begin(), ranks_.end(), pid);
    if (found == ranks_.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - ranks_.begin());
  }

  // A dead launcher needs no news; the command pipe says that it is dead.
  void tell(const guard_event& event) {
    while (::write(events_, &event, sizeof event) < 0 && errno == EINTR) {
    }
  }

  // Waits for the launcher's word that the end of a rank is published. False: all are to end.
  bool acknowledged() {
    char byte;
    ssize_t count;
    while ((count = ::read(commands_, &byte, 1)) < 0 && errno == EINTR) {
    }
    return count == 1;
  }

  // Reaps those that have ended: ranks with the launcher's leave, adopted orphans at once.
  bool reap() {
    for (;;) {
      siginfo_t ended{};
      if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == 0) {
        return true;
      }
      const auto rank = rank_of(ended.si_pid);
      if (rank) {
        const bool by_signal = ended.si_code != CLD_EXITED;
        const int status = by_signal ? ended.si_status | (ended.si_code == CLD_DUMPED ? 0x80 : 0)
                                     : W_EXITCODE(ended.si_status, 0);
        tell({guard_event::kind::ended, *rank, ended.si_pid, status});
        if (!acknowledged()) return false;
        ranks_[*rank] = -1;  // its pid may become another's
      }
      while (::waitpid(ended.si_pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }

  int events_;
  int commands_;
  std::vector<pid_t> ranks_;
};

// Shows another name than the launcher's, so that a `pkill cohortrun` does not take the guard
// along.
void rename_this_process(std::string_view name, std::span<char> command_line) {
  ::prctl(PR_SET_NAME, name.data());
  std::fill(command_line.begin(), command_line.end(), '\0');
  if (command_line.size() > name.size()) std::copy(name.begin(), name.end(), command_line.begin());
}

[[noreturn]] void run_guard(const start_plan& plan, int events, int commands, int report) {
  // An orphaned guard (both launcher and its parent gone) is still told by the command pipe.
  ::setpgid(0, 0);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigset_t everything;
  ::sigfillset(&everything);
  ::sigprocmask(SIG_SETMASK, &everything, nullptr);
  sigset_t child_ended;
  ::sigemptyset(&child_ended);
  ::sigaddset(&child_ended, SIGCHLD);
  const int child_signals = ::signalfd(-1, &child_ended, SFD_CLOEXEC | SFD_NONBLOCK);

  guard_process self(events, commands);
  if (child_signals >= 0) {
    self.start(plan, report);
    rename_this_process("cohort-guard", plan.command_line);
    // The ranks' pipes must end with the ranks. What is left: the three that the guard works with.
    std::array<int, 3> kept{events, commands, child_signals};
    std::sort(kept.begin(), kept.end());
    int from = 0;
    for (const int descriptor : kept) {
      if (descriptor > from) {
        ::syscall(SYS_close_range, from, descriptor - 1, 0);
      }
      from = descriptor + 1;
    }
    ::syscall(SYS_close_range, from, ~0U, 0);
    self.serve(child_signals);
  }
  ::_exit(0);
}

}  // namespace

guard start_guard(const start_plan& plan) {
  pipe_ends events = make_pipe();
  pipe_ends commands = make_pipe();
  pipe_ends failures = make_pipe();
  const pid_t pid = ::fork();
  if (pid < 0) throw_system_error("can't start a process", "raise `ulimit -u`, or end other jobs");
  if (pid == 0) {
    commands.write.reset();  // or the launcher's end would not be seen
    run_guard(plan, events.write.get(), commands.read.get(), failures.write.get());
  }
  set_nonblocking(events.read);
  set_nonblocking(failures.read);
  return {pid, std::move(events.read), std::move(commands.write), std::move(failures.read)};
}

}  // namespace cohort::launcher
