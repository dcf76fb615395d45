// A recoverable lock that stays in doubt after the death of an owner until somebody says that what
// it guards has been repaired.
#pragma once

#include "multiprocessing/family/recoverable_lock.hpp"

namespace cohort::multiprocessing {

// Invariants. The word is that of a recoverable lock (recoverable_lock.hpp) with one more value:
// `free_in_doubt`, which names nobody, so that it is taken over as from a dead owner. `doubt` and
// `takeovers` belong to the owner. Whoever takes the lock over has `contended` in the word from
// the first moment, so the inlined release (detail::lock_word_ref), which knows nothing of doubt,
// fails and leaves it to release() below. `doubt` is set after the word is taken over: who dies in
// between is a dead owner itself. Nobody reads `doubt` of a lock that was got from the word 0: it
// is 0, since release() stores 0 only then.
struct doubtful_lock {
  lock_word word;
  shared_u32 doubt;      // 1: the owner was told that another has died, and has not repaired
  shared_u32 takeovers;  // one more each time that somebody was told so
};

// No participant has this id: incarnations begin at 1.
inline constexpr std::uint32_t free_in_doubt = 1;
static_assert(incarnation_of(free_in_doubt) == 0);

acquired try_acquire(const participant& me, doubtful_lock& lock);
// `no` where the deadline has passed.
acquired acquire(participant& me, doubtful_lock& lock, const runtime::wait_reason& why,
                 deadline limit);
// False, and nothing is changed, where nobody has it. Any participant may release it; that of a
// dead owner stays in doubt.
bool release(const participant& me, doubtful_lock& lock);

// Whether this participant has it.
bool is_owner(const participant& me, const doubtful_lock& lock);
// Whether the next owner will be told of a death.
bool is_suspect(const participant& me, const doubtful_lock& lock);

}  // namespace cohort::multiprocessing
