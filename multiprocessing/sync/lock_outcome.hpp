// What all locks have in common: how an attempt that ended is told to the caller.
#pragma once

#include <cohort/multiprocessing/lock_status.hpp>

#include "multiprocessing/family/recoverable_lock.hpp"
#include "multiprocessing/memory/attachment.hpp"

namespace cohort::multiprocessing {

// Of one class of locks: its name, and what owner_died does with the lock that it has. Both
// functions may be called by any thread of the process.
struct lock_traits {
  const char* class_name;
  void (*release)(const attachment& lock) noexcept;
  void (*mark_repaired)(const attachment& lock) noexcept;
};

// Throws owner_died where the lock was got from the dead. Whether it was got.
bool told_by_exception(acquired how, const object_ref& lock, const lock_traits& traits,
                       const char* operation, const call& where);
lock_status told_by_status(acquired how);

[[noreturn]] void throw_lock_timeout(const lock_traits& traits, const call& where);
[[noreturn]] void throw_not_locked(const lock_traits& traits, const char* operation,
                                   const call& where);
[[noreturn]] void throw_not_owner(const lock_traits& traits, const char* operation,
                                  const call& where);

// What a wait for a lock or for a condition looks like in reports.
inline runtime::wait_reason reason(const char* operation, const call& where) {
  return {operation, runtime::no_peer, 0, 0, where.site};
}

// A call that came through std::scoped_lock: the caller's line is known by its address only.
inline call called_from(const void* return_address, deadline limit = {}) {
  return {call_site::at(return_address), limit};
}

}  // namespace cohort::multiprocessing
