// Who serves a pool: its own thread, or in its place a thread that waits for a result, which so
// gets it without a change of threads.
#pragma once

#include <cohort/call.hpp>

#include "multiprocessing/family/participant.hpp"
#include "multiprocessing/pool/lane_layout.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace cohort::multiprocessing {

// One thread serves at a time. While the pool's own sleeps, another may take its turn, in which the
// workers ring the helper's bell and the service thread sleeps on. When it leaves, it sets the
// service's bell again for the sleeper and looks a last time, which is what the sleeper would have
// done. So neither taking a turn nor leaving wakes anybody.
class service_turns {
 public:
  service_turns(participant& me, pool_layout& bells) : me_(me), bells_(bells) {}

  // The pool's own thread, once, before all else: the turn is its own.
  void begin() { server_.store(std::this_thread::get_id(), std::memory_order_relaxed); }
  // The same: sleeps until there is news or `limit`; it has the turn before and after.
  template <class News>
  void sleep(News&& news, deadline limit);

  // Another thread: whether it has the turn now.
  bool take();
  // It gives the turn back. `news`: looks whether there is something to do; `next`: when the
  // service thread has to be awake.
  template <class News>
  void leave(News&& news, deadline next);
  bool mine() const {
    return server_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }

  // Something has changed that is not in the lanes: who serves looks again.
  void wake() {
    woken_.store(true, std::memory_order_seq_cst);
    bells_.service.ring();
    bells_.helper.ring();
  }
  bool woken() const { return woken_.load(std::memory_order_seq_cst); }
  void heard() { woken_.store(false, std::memory_order_seq_cst); }

  bell& helper_bell() { return bells_.helper; }

 private:
  participant& me_;
  pool_layout& bells_;
  std::mutex mutex_;
  std::condition_variable turn_over_;
  bool asleep_ = false;
  bool helped_ = false;
  deadline limit_;  // of the sleep
  std::atomic<bool> woken_{false};
  std::atomic<std::thread::id> server_{};
};

template <class News>
void service_turns::sleep(News&& news, deadline limit) {
  runtime::wait_word& doorbell = me_.entry().doorbell;
  doorbell.sleepers.fetch_add(1, std::memory_order_seq_cst);
  const std::uint32_t rung = doorbell.value.load(std::memory_order_seq_cst);
  bool there_is_news = false;
  {
    // With the mutex held, so that nobody takes the turn while we look.
    const std::lock_guard lock(mutex_);
    asleep_ = true;
    limit_ = limit;
    server_.store({}, std::memory_order_relaxed);
    bells_.service.asleep.store(1, std::memory_order_seq_cst);
    there_is_news = news();
  }
  if (!there_is_news) {
    const runtime::futex_watch words[] = {{&bells_.service.asleep, 1}, {&doorbell.value, rung}};
    runtime::futex_wait(words, limit.nanoseconds());
  }
  {
    std::unique_lock lock(mutex_);
    turn_over_.wait(lock, [this] { return !helped_; });
    asleep_ = false;
    bells_.service.asleep.store(0, std::memory_order_seq_cst);
    server_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  }
  doorbell.sleepers.fetch_sub(1, std::memory_order_seq_cst);
}

template <class News>
void service_turns::leave(News&& news, deadline next) {
  const std::lock_guard lock(mutex_);
  helped_ = false;
  server_.store({}, std::memory_order_relaxed);
  bells_.service.asleep.store(1, std::memory_order_seq_cst);
  turn_over_.notify_one();  // where it was woken meanwhile
  if (next.nanoseconds() < limit_.nanoseconds() || news()) bells_.service.ring();
}

inline bool service_turns::take() {
  const std::lock_guard lock(mutex_);
  if (!asleep_ || helped_) return false;
  helped_ = true;
  bells_.service.asleep.store(0, std::memory_order_seq_cst);
  server_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  return true;
}

}  // namespace cohort::multiprocessing
