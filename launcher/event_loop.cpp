// The event loop on epoll.
#include "launcher/event_loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace cohort::launcher {

event_loop::event_loop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) throw_system_error("can't make an epoll descriptor", "raise `ulimit -n`");
}

bool event_loop::watch(int descriptor, std::uint32_t events, handler on_ready) {
  epoll_event event{};
  event.events = events;
  event.data.fd = descriptor;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
    if (errno == EPERM) return false;
    throw_system_error("can't watch a descriptor", "see epoll_ctl(2)");
  }
  handlers_[descriptor] = std::move(on_ready);
  return true;
}

void event_loop::forget(int descriptor) {
  if (handlers_.erase(descriptor) == 0) return;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr) != 0) {
    throw_system_error("can't stop watching a descriptor", "see epoll_ctl(2)");
  }
}

event_loop::timer event_loop::after(clock::duration span, std::function<void()> on_time) {
  const auto now = clock::now();
  // Saturates, so that a --timeout of a million years is one.
  const auto when = span < clock::time_point::max() - now ? now + span : clock::time_point::max();
  const timer which{when, next_timer_++};
  timers_.emplace(which, std::move(on_time));
  return which;
}

int event_loop::milliseconds_to_next_timer() const {
  if (timers_.empty()) return -1;
  using std::chrono::milliseconds;
  const auto left = timers_.begin()->first.first - clock::now();
  // Rounded up: waking early would only mean waking twice.
  const auto count = std::chrono::ceil<milliseconds>(left).count();
  return static_cast<int>(std::clamp<std::int64_t>(count, 0, std::numeric_limits<int>::max()));
}

void event_loop::turn() {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 milliseconds_to_next_timer());
  if (count < 0 && errno != EINTR) throw_system_error("can't wait for events", "see epoll_wait(2)");
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    const auto found = handlers_.find(event.data.fd);
    if (found == handlers_.end()) continue;  // forgotten by a handler before it
    const handler copy = found->second;      // which may forget itself
    copy(event.events);
  }
  // One look at the clock: what a timer starts anew waits for the next turn.
  const auto now = clock::now();
  while (!timers_.empty() && timers_.begin()->first.first <= now) {
    const auto on_time = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    on_time();
  }
}

}  // namespace cohort::launcher
