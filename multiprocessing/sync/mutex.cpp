#include <cohort/multiprocessing/mutex.hpp>

#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/sync/mutex_state.hpp"
#include "multiprocessing/sync/mutex_traits.hpp"

namespace cohort {

namespace mp = multiprocessing;

namespace {

mp::doubtful_lock& lock_of(const mp::attachment& object) {
  return object.payload_as<mp::mutex_state>().lock;
}

mp::acquired acquire(const mp::object_ref& object, const call& where) {
  return mp::acquire(object->owner(), lock_of(*object), mp::reason("lock", where), where.limit);
}

mp::acquired try_acquire(const mp::object_ref& object) {
  return mp::try_acquire(object->owner(), lock_of(*object));
}

}  // namespace

const mp::lock_traits mp::mutex_traits{
    mutex::class_name,
    [](const mp::attachment& object) noexcept { mp::release(object.owner(), lock_of(object)); },
    [](const mp::attachment& object) noexcept {
      lock_of(object).doubt.store(0, std::memory_order_relaxed);
    }};

mutex::mutex(call where)
    : shared_handle(mp::make_object(kind, sizeof(mp::mutex_state), class_name, where)) {
  attach();
}

void mutex::attach() {
  word_ = {&lock_of(*object_).word, object_->owner().id()};
}

void mutex::lock_slowly() {
  const call where = mp::called_from(__builtin_return_address(0));
  mp::told_by_exception(acquire(object_, where), object_, mp::mutex_traits, "lock", where);
}

void mutex::lock(call where) {
  if (!mp::told_by_exception(acquire(object_, where), object_, mp::mutex_traits, "lock", where)) {
    mp::throw_lock_timeout(mp::mutex_traits, where);
  }
}

bool mutex::try_slowly() {
  return mp::told_by_exception(try_acquire(object_), object_, mp::mutex_traits, "try_lock",
                               mp::called_from(__builtin_return_address(0)));
}

bool mutex::lock_before(deadline limit) {
  const call where = mp::called_from(__builtin_return_address(0), limit);
  return mp::told_by_exception(acquire(object_, where), object_, mp::mutex_traits, "try_lock_until",
                               where);
}

lock_status mutex::lock(std::nothrow_t, call where) {
  return mp::told_by_status(acquire(object_, where));
}

lock_status mutex::try_lock(std::nothrow_t) {
  return mp::told_by_status(try_acquire(object_));
}

void mutex::mark_repaired(call where) {
  if (!mp::is_owner(object_->owner(), lock_of(*object_))) {
    mp::throw_not_owner(mp::mutex_traits, "mark_repaired", where);
  }
  mp::mutex_traits.mark_repaired(*object_);
}

void mutex::unlock_slowly() {
  if (!mp::release(object_->owner(), lock_of(*object_))) {
    mp::throw_not_locked(mp::mutex_traits, "unlock", mp::called_from(__builtin_return_address(0)));
  }
}

}  // namespace cohort
