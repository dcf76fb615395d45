#include <cohort/multiprocessing/recursive_mutex.hpp>

#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/sync/mutex_traits.hpp"
#include "multiprocessing/sync/recursion.hpp"

namespace cohort {

namespace mp = multiprocessing;

namespace {

mp::recursive_mutex_state& state_of(const mp::attachment& object) {
  return object.payload_as<mp::recursive_mutex_state>();
}

mp::acquired acquire(const mp::object_ref& object, const call& where) {
  return mp::acquire(object->owner(), state_of(*object), mp::reason("lock", where), where.limit);
}

}  // namespace

const mp::lock_traits mp::recursive_mutex_traits{
    recursive_mutex::class_name,
    [](const mp::attachment& object) noexcept {
      mp::release_level(object.owner(), state_of(object));
    },
    [](const mp::attachment& object) noexcept {
      state_of(object).lock.doubt.store(0, std::memory_order_relaxed);
    }};

recursive_mutex::recursive_mutex(call where)
    : shared_handle(mp::make_object(kind, sizeof(mp::recursive_mutex_state), class_name, where)) {}

void recursive_mutex::lock() {
  const call where = mp::called_from(__builtin_return_address(0));
  mp::told_by_exception(acquire(object_, where), object_, mp::recursive_mutex_traits, "lock",
                        where);
}

void recursive_mutex::lock(call where) {
  if (!mp::told_by_exception(acquire(object_, where), object_, mp::recursive_mutex_traits, "lock",
                             where)) {
    mp::throw_lock_timeout(mp::recursive_mutex_traits, where);
  }
}

bool recursive_mutex::try_lock() {
  const mp::acquired how = mp::try_acquire(object_->owner(), state_of(*object_));
  return mp::told_by_exception(how, object_, mp::recursive_mutex_traits, "try_lock",
                               mp::called_from(__builtin_return_address(0)));
}

bool recursive_mutex::lock_before(deadline limit) {
  const call where = mp::called_from(__builtin_return_address(0), limit);
  return mp::told_by_exception(acquire(object_, where), object_, mp::recursive_mutex_traits,
                               "try_lock_until", where);
}

lock_status recursive_mutex::lock(std::nothrow_t, call where) {
  return mp::told_by_status(acquire(object_, where));
}

lock_status recursive_mutex::try_lock(std::nothrow_t) {
  return mp::told_by_status(mp::try_acquire(object_->owner(), state_of(*object_)));
}

void recursive_mutex::mark_repaired(call where) {
  if (!mp::is_mine(object_->owner(), state_of(*object_))) {
    mp::throw_not_owner(mp::recursive_mutex_traits, "mark_repaired", where);
  }
  mp::recursive_mutex_traits.mark_repaired(*object_);
}

void recursive_mutex::unlock() {
  if (!mp::is_mine(object_->owner(), state_of(*object_))) {
    mp::throw_not_owner(mp::recursive_mutex_traits, "unlock",
                        mp::called_from(__builtin_return_address(0)));
  }
  mp::release_level(object_->owner(), state_of(*object_));
}

}  // namespace cohort
