#include <cohort/multiprocessing/condition.hpp>

#include <cohort/error.hpp>

#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/sync/mutex_state.hpp"
#include "multiprocessing/sync/mutex_traits.hpp"
#include "multiprocessing/sync/recursion.hpp"
#include "multiprocessing/sync/waiting_room.hpp"

#include <limits>
#include <string>

namespace cohort {

namespace mp = multiprocessing;

namespace {

mp::waiting_room_state& state_of(const mp::object_ref& object) {
  return object->payload_as<mp::waiting_room_state>();
}

// The two mutexes as a wait sees them: its owner releases it and gets it again.
class plain {
 public:
  explicit plain(const mp::attachment& object)
      : me_(object.owner()), state_(object.payload_as<mp::mutex_state>()) {}
  const mp::doubtful_lock& word() const { return state_.lock; }
  bool release() { return mp::release(me_, state_.lock); }
  mp::acquired acquire(const runtime::wait_reason& why) {
    return mp::acquire(me_, state_.lock, why, deadline());
  }

 private:
  mp::participant& me_;
  mp::mutex_state& state_;
};

class recursive {
 public:
  explicit recursive(const mp::attachment& object)
      : me_(object.owner()), state_(object.payload_as<mp::recursive_mutex_state>()) {}
  const mp::doubtful_lock& word() const { return state_.lock; }
  bool release() {
    if (!mp::is_mine(me_, state_)) return false;
    levels_ = mp::release_all(me_, state_);
    return true;
  }
  mp::acquired acquire(const runtime::wait_reason& why) {
    return mp::acquire_levels(me_, state_, levels_, why);
  }

 private:
  mp::participant& me_;
  mp::recursive_mutex_state& state_;
  std::uint32_t levels_ = 0;
};

struct woken {
  bool notified;     // or as good as that
  mp::acquired how;  // the mutex was got again
};

// A wait ends by a notification, by the deadline, or by the death of an owner of the mutex, who may
// have been notified and can't do what others wait for any more. That is seen while the mutex is
// suspect, or, where somebody has got it since, by its `takeovers`.
template <class Mutex>
woken wait_in(mp::participant& me, mp::waiting_room_state& state, Mutex held,
              const mp::lock_traits& traits, const call& where) {
  mp::waiting_room room(me, state);
  const runtime::wait_reason why = mp::reason("wait", where);
  std::uint32_t ends = room.ends();
  mp::waiting_place* const place = room.come(why);
  if (!place) {
    throw resource_error(std::to_string(mp::max_waiters) +
                             " threads wait for this condition already; use one for each group of "
                             "waiters",
                         {.operation = "wait", .site = where.site});
  }
  const mp::doubtful_lock& word = held.word();
  const std::uint32_t takeovers = word.takeovers.load(std::memory_order_relaxed);
  if (!held.release()) {
    room.go(*place, why);
    mp::throw_not_owner(traits, "wait", where);
  }
  const auto owner_died = [&] {
    return word.takeovers.load(std::memory_order_acquire) != takeovers || mp::is_suspect(me, word);
  };
  const auto over = [&] { return mp::waiting_room::is_notified(*place) || owner_died(); };
  try {
    while (me.wait(
        place->news, [&] { return over() || room.ends() != ends; }, why, where.limit)) {
      if (over()) break;
      ends = room.ends();
      room.pass_on(why);
    }
  } catch (...) {
    held.acquire(why);  // in doubt, where its owner died: the next to lock it is told
    room.go(*place, why);
    throw;
  }
  const mp::acquired how = held.acquire(why);
  const bool notified = room.go(*place, why);
  return {notified || owner_died(), how};
}

// `lock` has no mutex any more where this throws owner_died.
template <class Mutex>
bool told(const woken& result, std::unique_lock<Mutex>& lock, const mp::object_ref& object,
          const mp::lock_traits& traits, const call& where) {
  if (result.how == mp::acquired::from_the_dead) {
    lock.release();
    mp::told_by_exception(result.how, object, traits, "wait", where);
  }
  return result.notified;
}

template <class Mutex>
void require_locked(const std::unique_lock<Mutex>& lock, const mp::lock_traits& traits,
                    const call& where) {
  if (!lock.owns_lock()) mp::throw_not_locked(traits, "wait", where);
}

}  // namespace

condition::condition(call where)
    : shared_handle(mp::make_object(kind, sizeof(mp::waiting_room_state), class_name, where)) {}

bool condition::wait(std::unique_lock<mutex>& lock, call where) {
  require_locked(lock, mp::mutex_traits, where);
  const mp::object_ref& object = lock.mutex()->object_;
  const woken result =
      wait_in(object_->owner(), state_of(object_), plain(*object), mp::mutex_traits, where);
  return told(result, lock, object, mp::mutex_traits, where);
}

bool condition::wait(std::unique_lock<recursive_mutex>& lock, call where) {
  require_locked(lock, mp::recursive_mutex_traits, where);
  const mp::object_ref& object = lock.mutex()->object_;
  const woken result = wait_in(object_->owner(), state_of(object_), recursive(*object),
                               mp::recursive_mutex_traits, where);
  return told(result, lock, object, mp::recursive_mutex_traits, where);
}

void condition::notify(int count, call where) {
  if (count < 0) {
    throw argument_error(
        "can't notify " + std::to_string(count) + " waiters; give how many to wake",
        {.operation = "notify", .site = where.site});
  }
  mp::waiting_room(object_->owner(), state_of(object_))
      .notify(static_cast<std::uint32_t>(count), mp::reason("notify", where));
}

void condition::notify_all(call where) {
  mp::waiting_room(object_->owner(), state_of(object_))
      .notify(mp::max_waiters, mp::reason("notify_all", where));
}

}  // namespace cohort
