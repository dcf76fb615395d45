// A read-write lock between processes.
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

// With the functions of std::shared_timed_mutex, so std::shared_lock and std::unique_lock work:
// many have it shared, or one has it exclusively. Who waits to have it exclusively goes before
// those who come later. It belongs to processes: any thread of one that has it may give it back, no
// other process can. The death of a process that has it shared gives its share back.
//
//   cohort::shared_mutex m;
//   { std::shared_lock reading(m); look(table); }
//   { std::unique_lock writing(m); table.insert(x); }
//
// Where a process died that had it exclusively, all functions that get it, those for a share too,
// throw owner_died, which has it exclusively, so that the data can be repaired (owner_died.hpp).
class shared_mutex : public detail::shared_handle<shared_mutex> {
 public:
  static constexpr const char* class_name = "shared_mutex";
  static constexpr std::uint32_t kind = detail::signature_id("shared_mutex");

  // A new mutex, unlocked. Throws usage_error without an environment, resource_error.
  shared_mutex(call where = {});

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

  // Exclusively, and without exceptions about the lock's state: the outcome says whether an owner
  // died.
  lock_status lock(std::nothrow_t, call where = {});
  lock_status try_lock(std::nothrow_t);
  // By who has it exclusively and was told owner_died: the data is as it should be.
  void mark_repaired(call where = {});

  // Throws usage_error where this process does not have it exclusively.
  void unlock();

  void lock_shared();
  // Throws timeout_error once the deadline has passed.
  void lock_shared(call where);
  bool try_lock_shared();
  template <class Rep, class Period>
  bool try_lock_shared_for(const std::chrono::duration<Rep, Period>& span) {
    return lock_shared_before(within(span));
  }
  template <class Clock, class Duration>
  bool try_lock_shared_until(const std::chrono::time_point<Clock, Duration>& when) {
    return lock_shared_before(within(when - Clock::now()));
  }

  // Throws usage_error where this process has no share.
  void unlock_shared();

 private:
  bool lock_before(deadline limit);
  bool lock_shared_before(deadline limit);
};

// The standard's name of a shared mutex with deadlines.
using shared_timed_mutex = shared_mutex;

}  // namespace cohort
