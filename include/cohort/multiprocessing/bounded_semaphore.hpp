// A fixed number of permits that processes borrow.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/detail/signature.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace cohort {

// As semaphore, but there are never more permits than in the beginning: each is given back as often
// as it is taken. A process has the permits that it has acquired, and its death gives them back.
//
//   cohort::bounded_semaphore connections(8);
//   connections.acquire(); fetch(url); connections.release();
class bounded_semaphore : public detail::shared_handle<bounded_semaphore> {
 public:
  static constexpr const char* class_name = "bounded_semaphore";
  static constexpr std::uint32_t kind = detail::signature_id("bounded_semaphore");

  // Throws argument_error unless 0 <= permits <= max(), usage_error without an environment,
  // resource_error.
  bounded_semaphore(std::ptrdiff_t permits = 1, call where = {});

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

  // Gives permits back: this process's, and where it has none, another's. Throws usage_error, and
  // gives back none, where fewer have been acquired; argument_error where `count` is negative.
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
