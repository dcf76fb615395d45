// Sleeping on a wait word where the notifiers are many and quick: marks instead of counts.
#pragma once

#include "runtime/wait_word.hpp"

namespace cohort::multiprocessing {

// As runtime::wait_word, but that `sleepers` is a mark: the first notifier takes it away and wakes
// all; those behind it, who would otherwise call the system for each record until the sleepers run,
// find none. A word is used in one of the two ways only.
//
// A sleeper leaves its mark, reads `value`, looks at its condition a last time and sleeps unless
// `value` has changed. A notifier changes what the condition looks at, then looks for a mark. So
// either the last look finds the condition true, or the notifier finds the mark; then `value`
// changes behind the sleeper's reading of it, or that reading has acquired the change and the last
// look finds it. A notifier that dies with the mark is made up for by the news of its death, and a
// sleeper that is killed leaves one mark too many at most.

// Returns the value to sleep on.
inline std::uint32_t leave_mark(runtime::wait_word& word) {
  word.sleepers.store(1, std::memory_order_seq_cst);
  return word.value.load(std::memory_order_seq_cst);
}
// Whether there was a mark; then word.value is to be changed and all are to be woken.
inline bool take_mark(runtime::wait_word& word) {
  return word.sleepers.load(std::memory_order_seq_cst) != 0 &&
         word.sleepers.exchange(0, std::memory_order_seq_cst) != 0;
}
inline void wake(runtime::wait_word& word) {
  word.value.fetch_add(1, std::memory_order_seq_cst);
  runtime::futex_wake(word.value);
}

}  // namespace cohort::multiprocessing
