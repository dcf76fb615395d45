// A flag that processes wait for.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/detail/signature.hpp>

#include <chrono>
#include <cstdint>

namespace cohort {

// A copy means the same event. Nobody owns it, so no death changes it.
//
//   cohort::event ready;
//   cohort::process p(serve, ready);              // calls ready.set();
//   if (!ready.wait(cohort::within(5s))) std::cerr << "the server is late\n";
class event : public detail::shared_handle<event> {
 public:
  static constexpr const char* class_name = "event";
  static constexpr std::uint32_t kind = detail::signature_id("event");

  // A new event, not set. Throws usage_error without an environment, resource_error.
  event(call where = {});

  // Every wait ends, those that began before it even if clear() follows at once.
  void set();
  void clear();
  bool is_set() const;

  // Waits until it is set. True: it is, or has been since the call; false: the deadline has passed.
  bool wait(call where = {}) const;
  template <class Rep, class Period>
  bool wait_for(const std::chrono::duration<Rep, Period>& span) const {
    return wait(within(span));
  }
  template <class Clock, class Duration>
  bool wait_until(const std::chrono::time_point<Clock, Duration>& when) const {
    return wait(within(when - Clock::now()));
  }
};

}  // namespace cohort
