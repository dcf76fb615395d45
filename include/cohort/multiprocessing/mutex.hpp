// A lock between processes.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/detail/signature.hpp>
#include <cohort/multiprocessing/detail/lock_word.hpp>
#include <cohort/multiprocessing/lock_status.hpp>
#include <cohort/multiprocessing/owner_died.hpp>

#include <chrono>
#include <cstdint>
#include <new>

namespace cohort {

// Satisfies the standard's TimedLockable, so std::scoped_lock, std::unique_lock and std::lock_guard
// work. A copy means the same mutex; it can be an argument of a process and an item of a queue. It
// is a plain lock: another thread or process than the one that locked it may unlock it, and who
// locks it twice waits for itself.
//
//   cohort::mutex m;
//   cohort::process p(deposit, m, account);   // there, too: std::scoped_lock lock(m);
//
// Every function that gets the lock throws owner_died, which has the lock, where a process died
// that had it (owner_died.hpp). All throw usage_error without an environment. Locking and unlocking
// a mutex that nobody else wants is one atomic operation each.
class mutex : public detail::shared_handle<mutex> {
 public:
  static constexpr const char* class_name = "mutex";
  static constexpr std::uint32_t kind = detail::signature_id("mutex");

  // A new mutex, unlocked. Throws resource_error.
  mutex(call where = {});

  void lock() {
    if (!word_.take()) [[unlikely]]
      lock_slowly();
  }
  // Throws timeout_error once the deadline has passed: m.lock(cohort::within(100ms)).
  void lock(call where);
  bool try_lock() { return word_.take() || try_slowly(); }
  template <class Rep, class Period>
  bool try_lock_for(const std::chrono::duration<Rep, Period>& span) {
    return word_.take() || lock_before(within(span));
  }
  template <class Clock, class Duration>
  bool try_lock_until(const std::chrono::time_point<Clock, Duration>& when) {
    return try_lock_for(when - Clock::now());
  }

  // Without exceptions about the lock's state: the outcome says whether the owner died.
  lock_status lock(std::nothrow_t, call where = {});
  lock_status try_lock(std::nothrow_t);
  // By who has locked it and was told owner_died: the data is as it should be.
  void mark_repaired(call where = {});

  // Throws usage_error where it is not locked.
  void unlock() {
    if (!word_.give()) [[unlikely]]
      unlock_slowly();
  }

  template <class Archive>
  void serialize(Archive& archive, unsigned version) {
    shared_handle::serialize(archive, version);
    if constexpr (Archive::is_loading::value) attach();
  }

 private:
  friend class condition;

  void attach();
  void lock_slowly();
  bool try_slowly();
  bool lock_before(deadline limit);
  void unlock_slowly();

  detail::lock_word_ref word_;
};

// The standard's name of a mutex with deadlines.
using timed_mutex = mutex;

}  // namespace cohort
