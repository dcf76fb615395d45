// Holding the lock of one side of a ring: a turn at being its producer or its consumer.
#pragma once

#include "multiprocessing/family/recoverable_lock.hpp"

namespace cohort::multiprocessing {

class turn {
 public:
  // Without the lock where the deadline has passed.
  turn(participant& me, lock_word& word, const runtime::wait_reason& why, deadline limit)
      : word_(word) {
    std::uint32_t free = 0;
    if (!word.compare_exchange_strong(free, me.id(), std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
      how_ = acquire(me, word, why, limit);
    }
  }
  ~turn() { end(); }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  explicit operator bool() const { return how_ != acquired::no; }
  bool from_the_dead() const { return how_ == acquired::from_the_dead; }
  void end() {
    if (how_ == acquired::no) return;
    how_ = acquired::no;
    // Acquire as well: see ring_wait.hpp.
    if (word_.exchange(0, std::memory_order_acq_rel) & contended) [[unlikely]]
      runtime::futex_wake(word_, 1);
  }

 private:
  lock_word& word_;
  acquired how_ = acquired::fresh;
};

}  // namespace cohort::multiprocessing
