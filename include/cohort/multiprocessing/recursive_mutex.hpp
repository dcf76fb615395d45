// A lock between processes that its owner may lock again.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/detail/signature.hpp>
#include <cohort/multiprocessing/lock_status.hpp>
#include <cohort/multiprocessing/owner_died.hpp>

#include <chrono>
#include <cstdint>
#include <new>

namespace cohort {

// As mutex, but the thread that has locked it may lock it again, and unlocks it as often; nobody
// else may unlock it. Its owner is a thread of a process: it is the death of the process that the
// next to lock it is told of.
//
//   cohort::recursive_mutex m;
//   std::scoped_lock outer(m);
//   std::scoped_lock inner(m);
class recursive_mutex : public detail::shared_handle<recursive_mutex> {
 public:
  static constexpr const char* class_name = "recursive_mutex";
  static constexpr std::uint32_t kind = detail::signature_id("recursive_mutex");

  // A new mutex, unlocked. Throws usage_error without an environment, resource_error.
  recursive_mutex(call where = {});

  // All of these throw owner_died, which has one level of the lock, where a process died that had
  // it. Those that the owner calls again never block.
  void lock();
  // Throws timeout_error once the deadline has passed.
  void lock(call where);
  bool try_lock();
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& span) {
    return lock_before(within(span));
  }
  template <class Clock, class Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) {
    return lock_before(within(when - Clock::now()));
  }

  // Without exceptions about the lock's state: the outcome says whether the owner died.
  lock_status lock(std::nothrow_t, call where = {});
  lock_status try_lock(std::nothrow_t);
  // By the owner: what it was told owner_died about is as it should be.
  void mark_repaired(call where = {});

  // Throws usage_error where the calling thread is not the owner.
  void unlock();

 private:
  friend class condition;

  bool lock_before(deadline limit);
};

// The standard's name of a recursive mutex with deadlines.
using recursive_timed_mutex = recursive_mutex;

}  // namespace cohort
