// The lock under all others: one word in shared memory that names its owner, so that it can be
// taken over from a process that died with it.
#pragma once

#include "multiprocessing/family/participant.hpp"

namespace cohort::multiprocessing {

// How a try to get a lock ended.
enum class acquired {
  no,
  fresh,         // it was free
  from_the_dead  // its owner died with it: what it guards may be half changed
};

// Invariants. The word is 0, or names the participant that holds the lock; it goes from 0 to an
// owner, and from a dead owner to the next, by one compare-and-swap, and to 0 by its owner alone.
// Who sleeps has set `contended` and compares the word as it was with that bit; a release that
// takes the bit away wakes one sleeper, which sets the bit again, since others may sleep. A sleeper
// that is killed instead of going on is made up for by the news of its death, which wakes all.
// Acquire and release order what is guarded; a take-over needs no more, since the end of the owner
// is published after its last instruction.
acquired try_acquire(const participant& me, lock_word& word);
// `no` where the deadline has passed.
acquired acquire(participant& me, lock_word& word, const runtime::wait_reason& why,
                 deadline limit = {});
inline void release(lock_word& word) {
  if (word.exchange(0, std::memory_order_release) & contended) [[unlikely]]
    runtime::futex_wake(word, 1);
}

}  // namespace cohort::multiprocessing
