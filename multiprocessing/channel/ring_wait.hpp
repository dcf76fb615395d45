// Waiting for the other side of a ring.
#pragma once

#include "multiprocessing/channel/ring.hpp"
#include "multiprocessing/family/participant.hpp"

namespace cohort::multiprocessing {

// A sleep on a word until ready(), which the other side makes true. Where that side takes turns
// (turn.hpp), it looks for the mark after it has released the lock by an exchange, without a fence:
// so a sleeper leaves its mark and then changes the lock's word into what it is. Either that comes
// before the exchange, which then reads from it, so that the mark is seen; or after it, and then
// ready() sees what was done in the turn.
template <class Ready>
class after_turns final : public runtime::sleep_plan {
 public:
  after_turns(lock_word& turns, runtime::wait_word& news, Ready& ready)
      : turns_(turns), news_(news), ready_(ready) {}
  bool arm(runtime::watched_words& words) override {
    words.add(news_.value, leave_mark(news_));
    turns_.fetch_or(0, std::memory_order_acq_rel);
    return ready_();
  }
  void disarm() override {}

 private:
  lock_word& turns_;
  runtime::wait_word& news_;
  Ready& ready_;
};

// Waits for a record, or for ended(), which must be cheap; whoever makes that true calls
// wake_all(). False: the deadline has passed.
template <class Ended>
bool wait_readable(participant& me, const ring& from, const runtime::wait_reason& why,
                   deadline limit, Ended&& ended) {
  auto news = [&] { return from.readable() || ended(); };
  after_turns plan(from.put_lock(), from.not_empty(), news);
  return me.wait(plan, news, why, limit);
}

// The same until it is worth trying again after begin() found no room, and returned `none`.
template <class Ended>
bool wait_room(participant& me, const ring& to, const record_room& none,
               const runtime::wait_reason& why, deadline limit, Ended&& ended) {
  auto news = [&] { return to.has_moved_since(none) || ended(); };
  after_turns plan(to.get_lock(), to.not_full(), news);
  return me.wait(plan, news, why, limit);
}

}  // namespace cohort::multiprocessing
