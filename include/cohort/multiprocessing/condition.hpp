// Waiting, with a mutex released, until another process says that something has changed.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/detail/signature.hpp>
#include <cohort/multiprocessing/mutex.hpp>
#include <cohort/multiprocessing/recursive_mutex.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace cohort {

// As std::condition_variable, between processes. A copy means the same condition. Of a recursive
// mutex, all levels are released and restored.
//
//   std::unique_lock lock(m);
//   full.wait(lock, [&] { return !items.empty(); });
//   ...
//   { std::scoped_lock lock(m); items.push(x); }
//   full.notify();
//
// A waiter that dies passes the notification on that it was given. A waiter ends its wait, too,
// when the owner of the mutex dies, since that may have been the one that was notified: it looks at
// its predicate again. If it is the first to get the mutex then, it throws owner_died, which has
// the mutex (one level of it); `lock` does not any more.
class condition : public detail::shared_handle<condition> {
 public:
  static constexpr const char* class_name = "condition";
  static constexpr std::uint32_t kind = detail::signature_id("condition");

  // Throws usage_error without an environment, resource_error.
  condition(call where = {});

  // Releases the lock, waits, and gets it again. True: it was notified, or the mutex's owner has
  // died; false: the deadline has passed. Throws usage_error where the caller does not have the
  // lock, and resource_error where more than 1024 threads wait already; then nothing is released.
  bool wait(std::unique_lock<mutex>& lock, call where = {});
  bool wait(std::unique_lock<recursive_mutex>& lock, call where = {});

  // Waits until the predicate holds, which is called with the lock. Returns what it returned last:
  // false, if the deadline has passed.
  template <class Mutex, class Predicate>
    requires std::predicate<Predicate&>
  bool wait(std::unique_lock<Mutex>& lock, Predicate predicate, call where = {}) {
    while (!predicate()) {
      if (!wait(lock, where)) return predicate();
    }
    return true;
  }

  template <class Mutex, class Rep, class Period>
  std::cv_status wait_for(std::unique_lock<Mutex>& lock,
                          const std::chrono::duration<Rep, Period>& span) {
    return wait(lock, within(span)) ? std::cv_status::no_timeout : std::cv_status::timeout;
  }
  template <class Mutex, class Rep, class Period, class Predicate>
  bool wait_for(std::unique_lock<Mutex>& lock, const std::chrono::duration<Rep, Period>& span,
                Predicate predicate) {
    return wait(lock, std::move(predicate), within(span));
  }
  template <class Mutex, class Clock, class Duration>
  std::cv_status wait_until(std::unique_lock<Mutex>& lock,
                            const std::chrono::time_point<Clock, Duration>& when) {
    return wait_for(lock, when - Clock::now());
  }
  template <class Mutex, class Clock, class Duration, class Predicate>
  bool wait_until(std::unique_lock<Mutex>& lock,
                  const std::chrono::time_point<Clock, Duration>& when, Predicate predicate) {
    return wait_for(lock, when - Clock::now(), std::move(predicate));
  }

  // Wakes exactly `count` of those that wait, those that have waited longest, or all if there are
  // fewer. It is for those that wait already: nobody who comes later takes it from them. The caller
  // need not have the mutex.
  void notify(int count = 1, call where = {});
  void notify_one(call where = {}) { notify(1, where); }
  void notify_all(call where = {});
};

}  // namespace cohort
