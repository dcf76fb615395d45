// A process that shares this one's memory until it calls exec, so that nothing is copied for it and
// what fails in it is simply written down here.
#include "multiprocessing/family/spawn.hpp"

#include <cohort/error.hpp>

#include "runtime/system.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>

extern char** environ;  // POSIX: the environment, which no header declares portably
// The C library's clone() under the name that ThreadSanitizer leaves alone: its own takes every
// child for one with memory of its own.
extern "C" int __clone(int (*code)(void*), void* stack, int flags, void* argument, ...) noexcept;

// For frames that are never left: sanitizers keep books of frames in the memory that is shared.
#define COHORT_UNSANITIZED __attribute__((no_sanitize("address", "thread")))

namespace cohort::multiprocessing {

namespace {

enum class start_step { exec, death_signal, group, directory, descriptors };

// What the new process works with. All of it is made before, since between clone and exec there may
// be nothing but system calls: other threads of this process hold locks of the allocator, say.
struct preparation {
  explicit preparation(const spawn_plan& wanted);

  const spawn_plan& plan;
  pid_t parent = ::getpid();
  std::vector<std::string> paths;  // to be tried one after the other
  std::vector<char*> arguments;
  std::vector<char*> environment_pointers;
  char** environment = environ;
  std::vector<spawn_plan::descriptor_move> moves;
  std::vector<std::pair<unsigned, unsigned>> closed;  // ranges of descriptors

  // The outcome. The step is read only where the error number is not 0.
  volatile start_step failed_step = start_step::exec;
  volatile int failure = 0;
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& s : strings) result.push_back(const_cast<char*>(s.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> candidates(const spawn_plan& plan) {
  if (!plan.search || plan.path.empty() || plan.path.find('/') != std::string::npos) {
    return {plan.path};
  }
  const char* variable = std::getenv("PATH");
  std::string_view folders = variable ? variable : "/bin:/usr/bin";
  std::vector<std::string> found;
  for (;;) {
    const auto colon = folders.find(':');
    const std::string folder(folders.substr(0, colon));
    found.push_back(folder.empty() ? "./" + plan.path : folder + "/" + plan.path);
    if (colon == folders.npos) return found;
    folders.remove_prefix(colon + 1);
  }
}

// What lies between the descriptors above 2 that the moves keep.
std::vector<std::pair<unsigned, unsigned>> gaps(
    const std::vector<spawn_plan::descriptor_move>& moves) {
  std::vector<unsigned> kept;
  for (const auto& move : moves) {
    if (move.to > STDERR_FILENO) kept.push_back(static_cast<unsigned>(move.to));
  }
  std::sort(kept.begin(), kept.end());
  std::vector<std::pair<unsigned, unsigned>> ranges;
  unsigned from = STDERR_FILENO + 1;
  for (const unsigned descriptor : kept) {
    if (descriptor > from) ranges.emplace_back(from, descriptor - 1);
    from = std::max(from, descriptor + 1);
  }
  ranges.emplace_back(from, ~0U);
  return ranges;
}

preparation::preparation(const spawn_plan& wanted)
    : plan(wanted),
      paths(candidates(wanted)),
      arguments(pointers(wanted.arguments)),
      moves(wanted.descriptors) {
  if (plan.environment) {
    environment_pointers = pointers(*plan.environment);
    environment = environment_pointers.data();
  }
  if (plan.close_others) closed = gaps(moves);
}

// From here to enter_program(): code of the new process, in this one's memory, on a stack of its
// own. Raw system calls, since a sanitizer's wrappers around the C library's functions would note
// them down as this process's own.

[[noreturn]] COHORT_UNSANITIZED void fail(preparation& start, start_step step, int error) {
  start.failed_step = step;
  start.failure = error;
  for (;;) ::syscall(SYS_exit_group, 127);
}

// Handlers are functions of this process, on this process's memory: none may run any more.
void forget_handlers() {
  struct {  // the kernel's, of x86-64 and aarch64
    void (*handler)(int);
    unsigned long others[3];
  } action{};
  constexpr std::size_t mask_bytes = 8;
  for (int number = 1; number <= 64; ++number) {
    if (::syscall(SYS_rt_sigaction, number, nullptr, &action, mask_bytes) != 0) continue;
    if (action.handler == SIG_DFL || action.handler == SIG_IGN) continue;
    action = {};
    ::syscall(SYS_rt_sigaction, number, &action, nullptr, mask_bytes);
  }
}

bool move_descriptors(preparation& start) {
  int free = STDERR_FILENO + 1;
  for (const auto& move : start.moves) free = std::max(free, move.to + 1);
  // Out of the way of all that they are moved to.
  for (auto& move : start.moves) {
    if (move.from == move.to || move.from >= free) continue;
    const long copy = ::syscall(SYS_fcntl, move.from, F_DUPFD_CLOEXEC, free);
    if (copy < 0) return false;
    move.from = static_cast<int>(copy);
  }
  for (const auto& move : start.moves) {
    const long moved = move.from == move.to ? ::syscall(SYS_fcntl, move.to, F_SETFD, 0)
                                            : ::syscall(SYS_dup3, move.from, move.to, 0);
    if (moved < 0) return false;
  }
  return std::all_of(start.closed.begin(), start.closed.end(), [](const auto& range) {
    return ::syscall(SYS_close_range, range.first, range.second, 0) == 0;
  });
}

[[noreturn]] COHORT_UNSANITIZED int enter_program(void* context) {
  auto& start = *static_cast<preparation*>(context);
  const spawn_plan& plan = start.plan;
  forget_handlers();
  if (plan.death_signal != 0) {
    if (::syscall(SYS_prctl, PR_SET_PDEATHSIG, plan.death_signal, 0, 0, 0) != 0) {
      fail(start, start_step::death_signal, errno);
    }
    // No signal will come from a parent that is gone already.
    if (::syscall(SYS_getppid) != start.parent) fail(start, start_step::death_signal, ESRCH);
  }
  if (plan.own_group && ::syscall(SYS_setpgid, 0, 0) != 0) {
    fail(start, start_step::group, errno);
  }
  if (!plan.directory.empty() && ::syscall(SYS_chdir, plan.directory.c_str()) != 0) {
    fail(start, start_step::directory, errno);
  }
  if (!move_descriptors(start)) fail(start, start_step::descriptors, errno);
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &plan.signal_mask, nullptr, std::size_t{8});
  // As execvp() does it: a file that may not be executed is reported if no other can be.
  int error = ENOENT;
  for (const std::string& path : start.paths) {
    ::syscall(SYS_execve, path.c_str(), start.arguments.data(), start.environment);
    if (errno == EACCES) error = EACCES;
    if (errno != EACCES && errno != ENOENT && errno != ENOTDIR) {
      error = errno;
      break;
    }
    if (start.paths.size() == 1) error = errno;
  }
  fail(start, start_step::exec, error);
}

[[noreturn]] void throw_failed_start(const spawn_plan& plan, start_step step, int error) {
  const std::string start = "can't start " + plan.path + ": ";
  const std::string reason = runtime::describe_errno(error);
  const error_context context{.operation = "start"};
  switch (step) {
    case start_step::exec:
      if (error == ENOENT && plan.search && plan.path.find('/') == std::string::npos) {
        throw start_error(start + "no folder of PATH has it", context);
      }
      throw start_error(start + reason, context);
    case start_step::directory:
      throw start_error(start + "its working directory is to be " + plan.directory + ": " + reason,
                        context);
    case start_step::descriptors:
      throw start_error(start + "its descriptors can't be set up: " + reason, context);
    case start_step::group:
      throw start_error(start + "it can't have a process group of its own: " + reason, context);
    case start_step::death_signal:
      throw start_error(start + "it can't be bound to the life of its parent: " + reason, context);
  }
  std::abort();  // not reached
}

// All signals, those that the C library keeps for itself included: a handler that ran between clone
// and exec would run in both processes at once.
class signals_blocked {
 public:
  signals_blocked() {
    const std::uint64_t all = ~std::uint64_t{0};
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, sizeof all);
  }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;
  ~signals_blocked() {
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, sizeof before_);
  }

 private:
  std::uint64_t before_ = 0;
};

}  // namespace

spawn_plan::spawn_plan() {
  ::sigemptyset(&signal_mask);
  ::pthread_sigmask(SIG_SETMASK, nullptr, &signal_mask);  // can't fail with these arguments
}

spawned_process spawn(const spawn_plan& plan) {
  preparation start(plan);
  spawned_process made;
  int handle = -1;
  int clone_error = 0;
  {
    // For some frames of enter_program(), and the dynamic linker's where symbols are bound lazily.
    alignas(16) std::byte stack[32 * 1024];
    const signals_blocked section;
    // This thread goes on when the new process has called exec or has ended.
    made.pid = ::__clone(enter_program, stack + sizeof stack,
                         CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &start, &handle);
    clone_error = errno;
  }
  if (made.pid < 0) {
    throw resource_error("can't start a process: " + runtime::describe_errno(clone_error) +
                             "; raise `ulimit -u` and `ulimit -n`, or end other processes",
                         {.operation = "start"});
  }
  made.handle = runtime::unique_descriptor(handle);
  if (start.failure != 0) {
    siginfo_t ended{};
    while (::waitid(P_PIDFD, static_cast<id_t>(handle), &ended, WEXITED) != 0 && errno == EINTR) {
    }
    throw_failed_start(plan, start.failed_step, start.failure);
  }
  return made;
}

}  // namespace cohort::multiprocessing
