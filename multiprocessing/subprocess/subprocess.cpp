// Starting, signalling and reaping.
#include "multiprocessing/subprocess/subprocess.hpp"

#include <cohort/error.hpp>

#include "multiprocessing/family/spawn.hpp"
#include "multiprocessing/subprocess/plan.hpp"
#include "runtime/system.hpp"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>

namespace cohort::multiprocessing {

namespace {

[[noreturn]] void throw_failed_call(const char* operation, const std::string& what,
                                    const call& where) {
  throw resource_error(what + ": " + runtime::describe_errno(errno),
                       {.operation = operation, .site = where.site});
}

[[noreturn]] void throw_lost_status(pid_t pid, const call& where) {
  throw usage_error(
      "the exit status of process " + std::to_string(pid) +
          " is lost: this process ignores SIGCHLD or has waited for any child (waitpid(-1))",
      {.operation = "wait", .site = where.site});
}

int status_of(const siginfo_t& ended) {
  return ended.si_code == CLD_EXITED ? ended.si_status : -ended.si_status;
}

}  // namespace

int wait_for_descriptors(std::span<pollfd> watched, const deadline& limit, const call& where) {
  for (;;) {
    timespec left{};
    if (!limit.never()) {
      const std::int64_t nanoseconds =
          std::max<std::int64_t>(0, limit.nanoseconds() - runtime::steady_now());
      left.tv_sec = nanoseconds / 1'000'000'000;
      left.tv_nsec = nanoseconds % 1'000'000'000;
    }
    const int ready =
        ::ppoll(watched.data(), watched.size(), limit.never() ? nullptr : &left, nullptr);
    if (ready >= 0) return ready;
    if (errno != EINTR) throw_failed_call("wait", "can't wait for a process", where);
  }
}

subprocess::subprocess(const command& what, const subprocess_options& how, const char* operation,
                       const call& where)
    : arguments_(what.arguments()), own_group_(how.own_group) {
  try {
    prepared_start start(what, how);
    spawned_process made = spawn(start.plan);
    pid_ = made.pid;
    handle_ = std::move(made.handle);
    input = std::move(start.input);
    output = std::move(start.output);
    errors = std::move(start.errors);
  } catch (const argument_error& e) {  // the same, with the place of the call
    throw argument_error(e.message(), {.operation = operation, .site = where.site});
  } catch (const start_error& e) {
    throw start_error(e.message(), {.operation = operation, .site = where.site});
  } catch (const resource_error& e) {
    throw resource_error(e.message(), {.operation = operation, .site = where.site});
  }
  if (how.input) give_input(*how.input);
}

subprocess::~subprocess() {
  if (!handle_) return;
  try {
    send_signal(SIGKILL, call_site::unknown());
    reap(call_site::unknown());
  } catch (const error&) {  // NOLINT(bugprone-empty-catch)
    // Somebody else has reaped it, or may: there is nothing left to do here.
  }
}

bool subprocess::ended(const deadline& limit, const call& where) {
  if (exit_code_) return true;
  if (!handle_) throw_lost_status(pid_, where);
  pollfd watched{handle_.get(), POLLIN, 0};
  if (wait_for_descriptors({&watched, 1}, limit, where) == 0) return false;
  reap(where);
  return true;
}

void subprocess::reap(const call& where) {
  siginfo_t end{};
  int result = 0;
  do {
    result = ::waitid(P_PIDFD, static_cast<id_t>(handle_.get()), &end, WEXITED);
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    if (errno == ECHILD) {
      handle_.reset();
      throw_lost_status(pid_, where);
    }
    throw_failed_call("wait", "can't wait for process " + std::to_string(pid_), where);
  }
  handle_.reset();
  exit_code_ = status_of(end);
}

void subprocess::send_signal(int number, const call& where) {
  if (!handle_) return;
  // Not reaped, so its number and that of its group are its own.
  const long sent = own_group_
                        ? ::kill(-pid_, number)
                        : ::syscall(SYS_pidfd_send_signal, handle_.get(), number, nullptr, 0);
  if (sent == 0 || errno == ESRCH) return;
  throw_failed_call("send_signal",
                    "signal " + std::to_string(number) + " to process " + std::to_string(pid_),
                    where);
}

}  // namespace cohort::multiprocessing
