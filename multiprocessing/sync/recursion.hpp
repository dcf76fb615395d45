// A lock that its owner, a thread of a process, may take again.
#pragma once

#include "multiprocessing/sync/doubtful_lock.hpp"

namespace cohort::multiprocessing {

// Invariant. `owner` names a thread and its process. That thread writes it after it has got the
// lock, and 0 before it releases the lock: who finds its own name there has the lock. What a dead
// owner has left there is the name of nobody who lives. `depth` is the owner's.
struct recursive_mutex_state {
  doubtful_lock lock;
  shared_u32 depth;
  shared_u64 owner;
};
static_assert(sizeof(recursive_mutex_state) <= inline_payload);

// Whether the calling thread has the lock.
bool is_mine(const participant& me, const recursive_mutex_state& mutex);

acquired try_acquire(const participant& me, recursive_mutex_state& mutex);
acquired acquire(participant& me, recursive_mutex_state& mutex, const runtime::wait_reason& why,
                 deadline limit);
// One level; the caller sees to it that its owner wants that.
void release_level(const participant& me, recursive_mutex_state& mutex);
// All levels, by the owner; returns how many.
std::uint32_t release_all(const participant& me, recursive_mutex_state& mutex);
// By a thread that is not the owner. Afterwards it has so many levels.
acquired acquire_levels(participant& me, recursive_mutex_state& mutex, std::uint32_t levels,
                        const runtime::wait_reason& why);

}  // namespace cohort::multiprocessing
