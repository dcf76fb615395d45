// Where a call was made and how long it may block: the last parameter of every blocking function.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <source_location>

namespace cohort {

// The place in the program that made a call. Reports print it, so that an error names the user's
// line and not one of ours. Where a standard wrapper or C stands between (std::scoped_lock), only
// the return address is known; it is resolved when a report is written.
class call_site {
 public:
  constexpr call_site(std::source_location where = std::source_location::current()) noexcept
      : where_(where) {}
  // No place at all: errors of the start-up, which has no line of the user's.
  static constexpr call_site unknown() noexcept { return call_site(std::source_location()); }
  static constexpr call_site at(const void* return_address) noexcept {
    call_site site = unknown();
    site.return_address_ = return_address;
    return site;
  }

  constexpr const char* file() const noexcept { return where_.file_name(); }
  constexpr const char* function() const noexcept { return where_.function_name(); }
  constexpr std::uint32_t line() const noexcept { return where_.line(); }
  // nullptr unless the site is known by its return address only.
  constexpr const void* return_address() const noexcept { return return_address_; }

 private:
  std::source_location where_;
  const void* return_address_ = nullptr;
};

// The moment at which a blocking call gives up with timeout_error. Measured on the steady clock.
class deadline {
 public:
  using clock = std::chrono::steady_clock;

  constexpr deadline() noexcept = default;  // never
  constexpr explicit deadline(clock::time_point when) noexcept
      : nanoseconds_(
            std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count()) {
  }

  constexpr bool never() const noexcept { return nanoseconds_ == endless; }
  // Nanoseconds on the steady clock; the largest value means never.
  constexpr std::int64_t nanoseconds() const noexcept { return nanoseconds_; }

 private:
  static constexpr std::int64_t endless = std::numeric_limits<std::int64_t>::max();
  std::int64_t nanoseconds_ = endless;
};

// A deadline so long from now: world.recv<int>(0, 7, cohort::within(100ms)). Zero and negative
// durations give a call one look and no wait; durations beyond 292 years never end.
template <class Rep, class Period>
deadline within(std::chrono::duration<Rep, Period> span) {
  using namespace std::chrono;
  const duration<double> seconds = span;
  if (!(seconds < hours(24 * 365 * 100))) return deadline();
  return deadline(deadline::clock::now() + duration_cast<nanoseconds>(span));
}

// A deadline at a time: world.recv<int>(0, 7, cohort::until(t)).
inline deadline until(deadline::clock::time_point when) {
  return deadline(when);
}

// What a blocking function knows about its call. Nobody writes it out: by default it is the
// caller's line without a deadline, and a deadline converts to it.
struct call {
  constexpr call(std::source_location where = std::source_location::current()) noexcept
      : site(where) {}
  constexpr call(deadline when,
                 std::source_location where = std::source_location::current()) noexcept
      : site(where), limit(when) {}
  constexpr call(call_site where, deadline when = {}) noexcept : site(where), limit(when) {}

  call_site site;
  deadline limit;
};

}  // namespace cohort
