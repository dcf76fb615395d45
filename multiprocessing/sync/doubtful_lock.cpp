#include "multiprocessing/sync/doubtful_lock.hpp"

namespace cohort::multiprocessing {

namespace {

// By the owner that has just got it.
acquired noted(acquired how, doubtful_lock& lock) {
  if (how == acquired::from_the_dead) {
    lock.doubt.store(1, std::memory_order_relaxed);
    // Release: a waiter of a condition that sees it comes after what the dead have done.
    lock.takeovers.fetch_add(1, std::memory_order_release);
  }
  return how;
}

participant_id owner_of(const doubtful_lock& lock) {
  return lock.word.load(std::memory_order_relaxed) & ~contended;
}

}  // namespace

acquired try_acquire(const participant& me, doubtful_lock& lock) {
  return noted(try_acquire(me, lock.word), lock);
}

acquired acquire(participant& me, doubtful_lock& lock, const runtime::wait_reason& why,
                 deadline limit) {
  return noted(acquire(me, lock.word, why, limit), lock);
}

bool release(const participant& me, doubtful_lock& lock) {
  std::uint32_t seen = lock.word.load(std::memory_order_relaxed);
  for (;;) {
    const participant_id owner = seen & ~contended;
    if (owner == 0 || owner == free_in_doubt) return false;
    const bool doubtful =
        lock.doubt.load(std::memory_order_relaxed) != 0 || !me.shared().alive(owner);
    if (lock.word.compare_exchange_weak(seen, doubtful ? free_in_doubt : 0,
                                        std::memory_order_release, std::memory_order_relaxed)) {
      break;
    }
  }
  if (seen & contended) runtime::futex_wake(lock.word, 1);
  return true;
}

bool is_owner(const participant& me, const doubtful_lock& lock) {
  return owner_of(lock) == me.id();
}

bool is_suspect(const participant& me, const doubtful_lock& lock) {
  const participant_id owner = owner_of(lock);
  return owner != 0 && !me.shared().alive(owner);
}

}  // namespace cohort::multiprocessing
