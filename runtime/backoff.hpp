// What a waiting member does between two looks: spin, yield or sleep.
#pragma once

#include "runtime/awake.hpp"
#include "runtime/layout.hpp"
#include "runtime/settings.hpp"
#include "runtime/system.hpp"

#include <sched.h>

#include <cstdint>

namespace cohort::runtime {

// Spinning pays for about as long as a wake-up costs, and only while every member that is awake has
// a processor of its own; otherwise the time belongs to a member that has something to do, so we
// yield. In either case a wait that goes on ends in sleep.
class backoff {
 public:
  enum class step : std::uint8_t { look_again, look_at_clock, yield, sleep };

  backoff(const arena_header& job, const settings& chosen) : job_(job), chosen_(chosen) {}

  step next() {
    if (crowded_) {
      if (yields_ >= least_yields && steady_now() >= until_) return step::sleep;
      return step::yield;
    }
    if (++looks_ % looks_per_clock != 0) [[likely]]
      return step::look_again;
    return consult();
  }

  void yield() {
    ++yields_;
    ::sched_yield();
  }

  // Something happened: patience starts anew.
  void restart() {
    if (until_ != 0) until_ = steady_now() + patience();
    yields_ = 0;
  }

 private:
  static constexpr std::uint32_t looks_per_clock = 32;
  static constexpr std::uint32_t least_yields = 32;

  std::int64_t patience() const {
    return static_cast<std::int64_t>(chosen_.spin_microseconds) * 1000;
  }

  step consult() {
    switch (chosen_.wait) {
      case wait_policy::sleep:
        return step::sleep;
      case wait_policy::yield:
        crowded_ = true;
        break;
      case wait_policy::spin:
        break;
      case wait_policy::automatic:
        crowded_ = crowded(job_);
        break;
    }
    const std::int64_t now = steady_now();
    if (until_ == 0) until_ = now + patience();
    if (crowded_) return step::yield;
    return now >= until_ ? step::sleep : step::look_at_clock;
  }

  const arena_header& job_;
  const settings& chosen_;
  std::int64_t until_ = 0;
  std::uint32_t looks_ = 0;
  std::uint32_t yields_ = 0;
  bool crowded_ = false;
};

}  // namespace cohort::runtime
