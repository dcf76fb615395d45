// An event count in shared memory: who waits for a condition sleeps on it, who makes the condition
// true notifies it.
#pragma once

#include "runtime/layout.hpp"
#include "runtime/system.hpp"

#include <cstdint>

namespace cohort::runtime {

// A sleeper counts itself, reads `value`, looks at its condition a last time and sleeps unless
// `value` has changed. A notifier changes what the condition looks at, then `value`, then looks at
// `sleepers`. All of these are sequentially consistent, so either the last look finds the condition
// true, or the notifier finds the sleeper counted and `value` differs from what it has read.
//
// `sleepers` is an upper bound: a sleeper that is killed stays counted, which costs every later
// notifier a system call and nothing else.
struct wait_word {
  shared_u32 value;
  shared_u32 sleepers;

  // Wakes `count` of those who sleep, or all.
  void notify(int count = everybody) {
    value.fetch_add(1, std::memory_order_seq_cst);
    if (sleepers.load(std::memory_order_seq_cst) != 0) [[unlikely]]
      futex_wake(value, count);
  }
};

}  // namespace cohort::runtime
