// The launcher's one loop: descriptors that became ready, and timers.
#pragma once

#include "launcher/descriptor.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

namespace cohort::launcher {

class event_loop {
 public:
  using clock = std::chrono::steady_clock;
  // Called with the epoll events that are there.
  using handler = std::function<void(std::uint32_t)>;
  using timer = std::pair<clock::time_point, std::uint64_t>;

  event_loop();

  // Watches a descriptor. False if it can't be waited for because it is always ready (a regular
  // file, /dev/null).
  bool watch(int descriptor, std::uint32_t events, handler on_ready);
  // Must precede closing the descriptor. Safe in a handler. Also the way to pause: a hang-up is
  // reported for every watched descriptor, whatever it is watched for.
  void forget(int descriptor);

  timer after(clock::duration span, std::function<void()> on_time);
  void cancel(const timer& which) { timers_.erase(which); }

  // Waits for the next events and handles them.
  void turn();

 private:
  int milliseconds_to_next_timer() const;

  unique_descriptor epoll_;
  std::unordered_map<int, handler> handlers_;
  std::map<timer, std::function<void()>> timers_;
  std::uint64_t next_timer_ = 0;
};

}  // namespace cohort::launcher
