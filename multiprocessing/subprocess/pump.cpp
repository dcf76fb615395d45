// Writing a program's input and reading both of its outputs at once, so that neither side ever
// waits for the other.
#include "multiprocessing/subprocess/subprocess.hpp"

#include <cohort/error.hpp>
#include <cohort/multiprocessing/detail/wake_up.hpp>

#include "runtime/system.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace cohort::multiprocessing {

namespace {

// A reader that has gone is no reason for a signal: it may have read enough. Takes back the SIGPIPE
// of this thread's own write, and no other.
class no_pipe_signal {
 public:
  no_pipe_signal() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  no_pipe_signal(const no_pipe_signal&) = delete;
  no_pipe_signal& operator=(const no_pipe_signal&) = delete;
  ~no_pipe_signal() {
    const timespec at_once{};
    if (!was_pending_) {
      while (::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
      }
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

[[noreturn]] void throw_failed_stream(const char* what, const call& where) {
  throw resource_error(std::string(what) + ": " + runtime::describe_errno(errno),
                       {.operation = "communicate", .site = where.site});
}

}  // namespace

void subprocess::give_input(std::string text) {
  if (!input || given_) return;
  given_ = true;
  text_ = std::move(text);
  // Only this end, which nobody else has.
  ::fcntl(input.get(), F_SETFL, O_NONBLOCK);
}

void subprocess::write_some(const call& where) {
  ssize_t count = 0;
  {
    const no_pipe_signal quiet;
    count = ::write(input.get(), text_.data() + written_, text_.size() - written_);
    if (count < 0 && errno != EAGAIN && errno != EINTR && errno != EPIPE) {
      throw_failed_stream("can't write a program's input", where);
    }
    if (count < 0 && errno == EPIPE) written_ = text_.size();
  }
  if (count > 0) written_ += static_cast<std::size_t>(count);
}

std::size_t subprocess::read_some(runtime::unique_descriptor& from, std::string& to,
                                  const call& where) {
  constexpr std::size_t most = std::size_t{64} * 1024;  // a pipe's usual capacity
  const std::size_t before = to.size();
  to.resize(before + most);
  ssize_t count = 0;
  do {
    count = ::read(from.get(), to.data() + before, most);
  } while (count < 0 && errno == EINTR);
  to.resize(before + (count > 0 ? static_cast<std::size_t>(count) : 0));
  if (count < 0) throw_failed_stream("can't read a program's output", where);
  if (count == 0) from.reset();
  return static_cast<std::size_t>(count);
}

bool subprocess::pump(const deadline& limit, const call& where) {
  for (;;) {
    if (input && written_ == text_.size()) input.reset();
    if (!input && !output && !errors) return true;
    // poll() passes over negative descriptors.
    std::array<pollfd, 3> watched{
        {{input.get(), POLLOUT, 0}, {output.get(), POLLIN, 0}, {errors.get(), POLLIN, 0}}};
    if (wait_for_descriptors(watched, limit, where) == 0) return false;
    if (watched[0].revents != 0) write_some(where);
    if (watched[1].revents != 0) read_some(output, out, where);
    if (watched[2].revents != 0) read_some(errors, err, where);
    // A program that never stops writing is always ready.
    if (detail::passed(limit) && (input || output || errors)) return false;
  }
}

void subprocess::drain(runtime::unique_descriptor& from, std::string& to, const call& where) {
  int there = 0;
  if (!from || ::ioctl(from.get(), FIONREAD, &there) != 0) return;
  // Nobody else reads here, so that much is there; others may go on writing for ever.
  for (auto left = static_cast<std::size_t>(there); from && left > 0;) {
    left -= std::min(left, read_some(from, to, where));
  }
}

void subprocess::drain(const call& where) {
  input.reset();
  drain(output, out, where);
  drain(errors, err, where);
}

}  // namespace cohort::multiprocessing
