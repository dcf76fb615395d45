#include "multiprocessing/channel/descriptor_watch.hpp"

#include <cohort/error.hpp>

#include "runtime/system.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <system_error>

namespace cohort::multiprocessing {

namespace {

constexpr const char* operation = "wait_ready";

// poll() until it is not interrupted. Returns an errno value.
int poll_through(std::vector<pollfd>& descriptors, int timeout) {
  for (;;) {
    if (::poll(descriptors.data(), descriptors.size(), timeout) >= 0) return 0;
    if (errno != EINTR && errno != EAGAIN) return errno;
  }
}

}  // namespace

void poll_now(std::vector<pollfd>& descriptors, const call& where) {
  if (descriptors.empty()) return;
  const error_context context{.operation = operation, .site = where.site};
  if (const int failed = poll_through(descriptors, 0); failed != 0)
    throw resource_error("poll failed: " + runtime::describe_errno(failed), context);
  for (const pollfd& each : descriptors) {
    if (each.fd < 0 || (each.revents & POLLNVAL) != 0) {
      throw argument_error("descriptor " + std::to_string(each.fd) + " is not open", context);
    }
  }
}

descriptor_watch::descriptor_watch(participant& me, const std::vector<pollfd>& descriptors)
    : me_(me), polled_(descriptors), stop_(::eventfd(0, EFD_CLOEXEC)) {
  if (!stop_) {
    throw resource_error("no descriptor for waiting: " + runtime::describe_errno(errno),
                         {.operation = operation});
  }
  polled_.push_back({stop_.get(), POLLIN, 0});
  // Signals are for the program's own threads.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { watch(); });
  } catch (const std::system_error& e) {
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw resource_error(std::string("no thread for waiting: ") + e.what(),
                         {.operation = operation});
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

descriptor_watch::~descriptor_watch() {
  // Can't fail: the counter is 0, and the descriptor is ours.
  const std::uint64_t one = 1;
  while (::write(stop_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
}

void descriptor_watch::watch() {
  // Where poll() itself fails, the sleeper looks and finds out.
  poll_through(polled_, -1);
  ready_.store(true, std::memory_order_seq_cst);
  me_.entry().doorbell.notify();
}

}  // namespace cohort::multiprocessing
