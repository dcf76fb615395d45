#include "multiprocessing/sync/recursion.hpp"

#include <unistd.h>

namespace cohort::multiprocessing {

namespace {

// A thread's number is no other's in its process, and the participant's id no other's in the job.
std::uint64_t my_name(const participant& me) {
  thread_local const auto thread = static_cast<std::uint32_t>(::gettid());
  return std::uint64_t{me.id()} << 32 | thread;
}

// The word of a lock that is got orders all of this.
acquired entered(const participant& me, recursive_mutex_state& mutex, acquired how,
                 std::uint32_t levels) {
  if (how != acquired::no) {
    mutex.depth.store(levels, std::memory_order_relaxed);
    mutex.owner.store(my_name(me), std::memory_order_relaxed);
  }
  return how;
}

bool entered_again(const participant& me, recursive_mutex_state& mutex) {
  if (!is_mine(me, mutex)) return false;
  mutex.depth.store(mutex.depth.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return true;
}

}  // namespace

bool is_mine(const participant& me, const recursive_mutex_state& mutex) {
  return mutex.owner.load(std::memory_order_relaxed) == my_name(me);
}

acquired try_acquire(const participant& me, recursive_mutex_state& mutex) {
  if (entered_again(me, mutex)) return acquired::fresh;
  return entered(me, mutex, try_acquire(me, mutex.lock), 1);
}

acquired acquire(participant& me, recursive_mutex_state& mutex, const runtime::wait_reason& why,
                 deadline limit) {
  if (entered_again(me, mutex)) return acquired::fresh;
  return entered(me, mutex, acquire(me, mutex.lock, why, limit), 1);
}

void release_level(const participant& me, recursive_mutex_state& mutex) {
  const std::uint32_t depth = mutex.depth.load(std::memory_order_relaxed);
  mutex.depth.store(depth - 1, std::memory_order_relaxed);
  if (depth > 1) return;
  mutex.owner.store(0, std::memory_order_relaxed);
  release(me, mutex.lock);
}

std::uint32_t release_all(const participant& me, recursive_mutex_state& mutex) {
  const std::uint32_t depth = mutex.depth.load(std::memory_order_relaxed);
  mutex.owner.store(0, std::memory_order_relaxed);
  release(me, mutex.lock);
  return depth;
}

acquired acquire_levels(participant& me, recursive_mutex_state& mutex, std::uint32_t levels,
                        const runtime::wait_reason& why) {
  return entered(me, mutex, acquire(me, mutex.lock, why, deadline()), levels);
}

}  // namespace cohort::multiprocessing
