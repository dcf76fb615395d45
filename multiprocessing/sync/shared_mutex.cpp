#include <cohort/multiprocessing/shared_mutex.hpp>

#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/sync/lock_outcome.hpp"
#include "multiprocessing/sync/read_write_lock.hpp"

namespace cohort {

namespace mp = multiprocessing;

namespace {

mp::read_write_lock lock_of(const mp::attachment& object) {
  return {object.owner(), object.payload_as<mp::read_write_state>()};
}

constexpr mp::lock_traits traits{
    shared_mutex::class_name,
    [](const mp::attachment& object) noexcept { lock_of(object).release(); },
    [](const mp::attachment& object) noexcept { lock_of(object).mark_repaired(); }};

}  // namespace

shared_mutex::shared_mutex(call where)
    : shared_handle(mp::make_object(kind, sizeof(mp::read_write_state), class_name, where)) {}

void shared_mutex::lock() {
  const call where = mp::called_from(__builtin_return_address(0));
  mp::told_by_exception(lock_of(*object_).acquire("lock", where), object_, traits, "lock", where);
}

void shared_mutex::lock(call where) {
  if (!mp::told_by_exception(lock_of(*object_).acquire("lock", where), object_, traits, "lock",
                             where)) {
    mp::throw_lock_timeout(traits, where);
  }
}

bool shared_mutex::try_lock() {
  return mp::told_by_exception(lock_of(*object_).try_acquire(), object_, traits, "try_lock",
                               mp::called_from(__builtin_return_address(0)));
}

bool shared_mutex::lock_before(deadline limit) {
  const call where = mp::called_from(__builtin_return_address(0), limit);
  return mp::told_by_exception(lock_of(*object_).acquire("try_lock_until", where), object_, traits,
                               "try_lock_until", where);
}

lock_status shared_mutex::lock(std::nothrow_t, call where) {
  return mp::told_by_status(lock_of(*object_).acquire("lock", where));
}

lock_status shared_mutex::try_lock(std::nothrow_t) {
  return mp::told_by_status(lock_of(*object_).try_acquire());
}

void shared_mutex::mark_repaired(call where) {
  if (!lock_of(*object_).mark_repaired()) mp::throw_not_owner(traits, "mark_repaired", where);
}

void shared_mutex::unlock() {
  if (!lock_of(*object_).release()) {
    mp::throw_not_owner(traits, "unlock", mp::called_from(__builtin_return_address(0)));
  }
}

void shared_mutex::lock_shared() {
  const call where = mp::called_from(__builtin_return_address(0));
  mp::told_by_exception(lock_of(*object_).acquire_shared("lock_shared", where), object_, traits,
                        "lock_shared", where);
}

void shared_mutex::lock_shared(call where) {
  if (!mp::told_by_exception(lock_of(*object_).acquire_shared("lock_shared", where), object_,
                             traits, "lock_shared", where)) {
    mp::throw_lock_timeout(traits, where);
  }
}

bool shared_mutex::try_lock_shared() {
  return mp::told_by_exception(lock_of(*object_).try_acquire_shared(), object_, traits,
                               "try_lock_shared", mp::called_from(__builtin_return_address(0)));
}

bool shared_mutex::lock_shared_before(deadline limit) {
  const call where = mp::called_from(__builtin_return_address(0), limit);
  return mp::told_by_exception(lock_of(*object_).acquire_shared("try_lock_shared_until", where),
                               object_, traits, "try_lock_shared_until", where);
}

void shared_mutex::unlock_shared() {
  if (!lock_of(*object_).release_shared()) {
    mp::throw_not_owner(traits, "unlock_shared", mp::called_from(__builtin_return_address(0)));
  }
}

}  // namespace cohort
