#include "multiprocessing/family/recoverable_lock.hpp"

namespace cohort::multiprocessing {

namespace {

acquired take(const participant& me, lock_word& word, std::uint32_t mine) {
  std::uint32_t seen = 0;
  if (word.compare_exchange_strong(seen, mine, std::memory_order_acquire,
                                   std::memory_order_relaxed)) {
    return acquired::fresh;
  }
  const participant_id owner = seen & ~contended;
  if (owner == 0 || me.shared().alive(owner)) return acquired::no;
  // Others may sleep on it, whatever the bit says.
  return word.compare_exchange_strong(seen, me.id() | contended, std::memory_order_acquire,
                                      std::memory_order_relaxed)
             ? acquired::from_the_dead
             : acquired::no;
}

class lock_plan final : public runtime::sleep_plan {
 public:
  lock_plan(const participant& me, lock_word& word) : me_(me), word_(word) {}

  bool arm(runtime::watched_words& words) override {
    slept_ = true;
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    do {
      if (seen == 0 || !me_.shared().alive(seen & ~contended)) return true;
    } while ((seen & contended) == 0 &&
             !word_.compare_exchange_weak(seen, seen | contended, std::memory_order_relaxed));
    words.add(word_, seen | contended);
    return false;
  }
  void disarm() override {}

  bool slept() const { return slept_; }

  // A waiter that gives up may be the one that a release has woken, and nobody else was: the others
  // sleep on a word that says nothing of them.
  void pass_on() {
    if (!slept_) return;
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    do {
      if (seen == 0) return runtime::futex_wake(word_, 1);
    } while ((seen & contended) == 0 &&
             !word_.compare_exchange_weak(seen, seen | contended, std::memory_order_relaxed));
  }

 private:
  const participant& me_;
  lock_word& word_;
  bool slept_ = false;
};

}  // namespace

acquired try_acquire(const participant& me, lock_word& word) {
  return take(me, word, me.id());
}

acquired acquire(participant& me, lock_word& word, const runtime::wait_reason& why,
                 deadline limit) {
  acquired how = take(me, word, me.id());
  if (how != acquired::no) return how;
  lock_plan plan(me, word);
  try {
    me.wait(
        plan,
        [&] {
          // A look at the word before an attempt, which would take its line from the owner.
          if (const std::uint32_t seen = word.load(std::memory_order_relaxed);
              seen != 0 && me.shared().alive(seen & ~contended)) {
            return false;
          }
          how = take(me, word, plan.slept() ? me.id() | contended : me.id());
          return how != acquired::no;
        },
        why, limit);
  } catch (...) {
    plan.pass_on();
    throw;
  }
  if (how == acquired::no) plan.pass_on();
  return how;
}

}  // namespace cohort::multiprocessing
