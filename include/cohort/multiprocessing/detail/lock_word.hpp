// The part of taking and releasing a lock between processes that is inlined: one attempt each.
#pragma once

#include <atomic>
#include <cstdint>

namespace cohort::detail {

// The word is 0 while the lock is free and nobody waits, and names its owner, this process, while
// it has the lock and nobody waits. In every other case both attempts fail and change nothing.
struct lock_word_ref {
  std::atomic<std::uint32_t>* word = nullptr;
  std::uint32_t self = 0;

  // Acquire: what the last owner wrote is seen.
  bool take() const noexcept {
    std::uint32_t seen = 0;
    return word->compare_exchange_strong(seen, self, std::memory_order_acquire,
                                         std::memory_order_relaxed);
  }
  // Release: what this owner wrote is seen by the next.
  bool give() const noexcept {
    std::uint32_t seen = self;
    return word->compare_exchange_strong(seen, 0, std::memory_order_release,
                                         std::memory_order_relaxed);
  }
};

}  // namespace cohort::detail
