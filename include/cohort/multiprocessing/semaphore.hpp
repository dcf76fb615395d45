// A number of permits that processes take and give.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/detail/signature.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace cohort {

// With the functions of std::counting_semaphore. A copy means the same semaphore. Nobody owns its
// permits: a process may release what another has acquired, and those that a process has acquired
// are not given back by its death, since nobody can know whether that is meant. bounded_semaphore
// knows.
//
//   cohort::semaphore items(0);
//   items.release();                              // by the producer
//   items.acquire();                              // by the consumer
class semaphore : public detail::shared_handle<semaphore> {
 public:
  static constexpr const char* class_name = "semaphore";
  static constexpr std::uint32_t kind = detail::signature_id("semaphore");

  // Throws argument_error unless 0 <= permits <= max(), usage_error without an environment,
  // resource_error.
  semaphore(std::ptrdiff_t permits = 1, call where = {});

  // Takes a permit, and waits for one where there is none. Throws timeout_error.
  void acquire(call where = {});
  bool try_acquire();
  template <class Rep, class Period>
  bool try_acquire_for(const std::chrono::duration<Rep, Period>& span) {
    return acquire_before(within(span));
  }
  template <class Clock, class Duration>
  bool try_acquire_until(const std::chrono::time_point<Clock, Duration>& when) {
    return acquire_before(within(when - Clock::now()));
  }

  // Adds permits. Throws argument_error where `count` is negative or there would be more than
  // max().
  void release(std::ptrdiff_t count = 1, call where = {});

  // How many permits there are at this moment.
  std::ptrdiff_t available() const;
  static constexpr std::ptrdiff_t max() noexcept {
    return std::numeric_limits<std::int32_t>::max();
  }

 private:
  bool acquire_before(call where);
};

}  // namespace cohort
