// State in shared memory that is changed under a short lock, and waits for it to change.
#pragma once

#include "multiprocessing/family/recoverable_lock.hpp"

namespace cohort::multiprocessing {

// The first member of such a state. Rules for what follows it: it is changed by the holder of
// `guard` alone, and what is derived from other words (a total, say) can be counted anew from them,
// by recount(), which is called when a holder of the guard, or any process, has died.
struct monitor {
  lock_word guard;
  shared_u32 ends_counted;  // region_header::ends as of the last recount
  runtime::wait_word news;  // what waits sleep on: notified after each change they wait for
};

// Holds the guard, which nobody keeps for long.
class monitor_lock {
 public:
  // Calls recount() where something died since the last time.
  template <class Recount>
  monitor_lock(participant& me, monitor& state, const char* operation, const call& where,
               Recount&& recount)
      : state_(state) {
    const acquired how = acquire(me, state.guard, {operation, runtime::no_peer, 0, 0, where.site});
    // Before the count: an end that comes later makes the next count.
    ends_ = me.shared().header().ends.load(std::memory_order_seq_cst);
    if (how == acquired::from_the_dead ||
        ends_ != state.ends_counted.load(std::memory_order_relaxed)) {
      recount();
      state.ends_counted.store(ends_, std::memory_order_relaxed);
    }
  }
  ~monitor_lock() { release(state_.guard); }
  monitor_lock(const monitor_lock&) = delete;
  monitor_lock& operator=(const monitor_lock&) = delete;

  std::uint32_t ends() const { return ends_; }

 private:
  monitor& state_;
  std::uint32_t ends_;
};

// Calls attempt() under the guard until it returns true; false: the deadline has passed. Between
// two attempts it sleeps until somebody notifies `news`, or somebody dies. That covers whoever
// changed the state and died before it notified.
template <class Recount, class Attempt>
bool wait_in(participant& me, monitor& state, const char* operation, const call& where,
             Recount&& recount, Attempt&& attempt) {
  for (;;) {
    std::uint32_t news = 0;
    std::uint32_t ends = 0;
    {
      const monitor_lock lock(me, state, operation, where, recount);
      if (attempt()) return true;
      news = state.news.value.load(std::memory_order_seq_cst);
      ends = lock.ends();
    }
    const shared_u32& all_ends = me.shared().header().ends;
    const auto changed = [&] {
      return state.news.value.load(std::memory_order_seq_cst) != news ||
             all_ends.load(std::memory_order_seq_cst) != ends;
    };
    if (!me.wait(state.news, changed, {operation, runtime::no_peer, 0, 0, where.site},
                 where.limit)) {
      return false;
    }
  }
}

}  // namespace cohort::multiprocessing
