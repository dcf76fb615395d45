// Sleep until another thread has news: an event count for the threads of one process.
#pragma once

#include <cohort/call.hpp>

#include <atomic>
#include <cstdint>

namespace cohort::detail {

// A sleeper reads count(), looks whether there is something to do, and sleeps while the count is
// what it was. ring() comes after the change that it tells of: either the sleeper's look saw the
// change, or the count has moved on and the sleep returns at once.
//
// The count's release and acquire carry the change to who sees the new count. That ring() need not
// make a system call where nobody sleeps rests on sequential consistency: of "count, then sleepers"
// here and "sleepers, then count" there, one side sees the other.
class wake_up {
 public:
  std::uint32_t count() const noexcept { return count_.load(std::memory_order_acquire); }
  void ring() noexcept {
    count_.fetch_add(1, std::memory_order_seq_cst);
    if (sleepers_.load(std::memory_order_seq_cst) != 0) wake_all();
  }
  // Returns when the count differs from `seen`, at the deadline, or early for no reason.
  void sleep(std::uint32_t seen, const deadline& limit) noexcept;

 private:
  void wake_all() noexcept;

  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::uint32_t> sleepers_{0};
};

// Whether the deadline has passed. Not a look at the clock where there is none.
bool passed(const deadline& limit) noexcept;

// Looks some times in a row, for about a microsecond: most of what is nearly ready is ready then,
// and a sleep costs several.
template <class Ready>
bool spin_until(const Ready& ready) {
  for (int look = 0; look < 64; ++look) {
    if (ready()) return true;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  return ready();
}

// Spins, then sleeps until `ready()` holds, which a ring of `news` announces. False: the deadline
// passed. A deadline that has passed already still gives one look.
template <class Ready>
bool sleep_until(wake_up& news, const deadline& limit, const Ready& ready) {
  if (spin_until(ready)) return true;
  for (;;) {
    const std::uint32_t seen = news.count();
    if (ready()) return true;
    if (passed(limit)) return false;
    news.sleep(seen, limit);
  }
}

}  // namespace cohort::detail
