// Fork, a few system calls, exec.
#include "launcher/spawn.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace cohort::launcher {

namespace {

[[noreturn]] void give_up(std::uint32_t rank, start_step step, int report) {
  const start_failure failure{rank, step, errno};
  // If even this can't be written, the exit code is all that the launcher learns.
  if (::write(report, &failure, sizeof failure) < 0) ::_exit(126);
  ::_exit(127);
}

// Makes `from` the child's descriptor `to`; nothing to do where the launcher's own is kept.
bool move_stream(const unique_descriptor& from, int to) {
  return !from || ::dup2(from.get(), to) == to;  // dup2 clears close-on-exec
}

bool keep_on_exec(int descriptor) {
  return descriptor < 0 || ::fcntl(descriptor, F_SETFD, 0) == 0;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

[[noreturn]] void become_rank(const start_plan& plan, std::uint32_t rank, pid_t parent,
                              pid_t launcher_group, int report) {
  const rank_start& start = plan.ranks[rank];
  // The rank must not outlive its parent; if the parent is gone already, no signal will come.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  // Fails only where the group is gone, together with the launcher.
  ::setpgid(0, plan.own_groups ? 0 : launcher_group);
  if (!start.directory.empty() && ::chdir(start.directory.c_str()) != 0) {
    give_up(rank, start_step::directory, report);
  }
  if (!bind_this_process(start.where)) give_up(rank, start_step::binding, report);
  if (!move_stream(start.streams.input, STDIN_FILENO) ||
      !move_stream(start.streams.output, STDOUT_FILENO) ||
      !move_stream(start.streams.error, STDERR_FILENO) || !keep_on_exec(plan.arena) ||
      !keep_on_exec(plan.control)) {
    give_up(rank, start_step::streams, report);
  }
  if (::setrlimit(RLIMIT_NOFILE, &plan.inherited.descriptors) != 0) {
    give_up(rank, start_step::limits, report);
  }
  const auto arguments = pointers(start.arguments);
  const auto environment = pointers(start.environment);
  // Last, since a signal that came meanwhile acts from here on.
  ::sigaction(SIGPIPE, &plan.inherited.pipe_action, nullptr);
  ::sigprocmask(SIG_SETMASK, &plan.inherited.signal_mask, nullptr);
  ::execve(start.path.c_str(), arguments.data(), environment.data());
  give_up(rank, start_step::exec, report);
}

}  // namespace

inherited_state read_inherited_state() {
  inherited_state found{};
  if (::sigprocmask(SIG_SETMASK, nullptr, &found.signal_mask) != 0 ||
      ::sigaction(SIGPIPE, nullptr, &found.pipe_action) != 0 ||
      ::getrlimit(RLIMIT_NOFILE, &found.descriptors) != 0) {
    throw_system_error("can't read signal settings and limits", "see sigaction(2)");
  }
  return found;
}

pid_t start_rank(const start_plan& plan, std::uint32_t rank, int report) {
  const pid_t parent = ::getpid();
  const pid_t launcher = ::getppid();
  const pid_t launcher_group = ::getpgid(launcher);
  const pid_t child = ::fork();
  if (child == 0) become_rank(plan, rank, parent, launcher_group, report);
  // Done on both sides, so that the group exists whoever runs first. It fails once the child has
  // called exec, which comes after its own call.
  if (child > 0 && plan.own_groups) ::setpgid(child, child);
  return child;
}

}  // namespace cohort::launcher
