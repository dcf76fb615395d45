// The lock that can be taken over from the dead, and the wait that it sleeps in.
#include "multiprocessing/family/recoverable_lock.hpp"
#include "multiprocessing/local_family.hpp"
#include "support/watchdog.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace cohort::test {
namespace {

using namespace multiprocessing;
using std::chrono::milliseconds;

const runtime::wait_reason why{"lock", runtime::no_peer, 0, 0, call_site::unknown()};

runtime::settings waiting(runtime::wait_policy how) {
  runtime::settings chosen;
  chosen.wait = how;
  return chosen;
}
constexpr runtime::wait_policy policies[] = {
    runtime::wait_policy::automatic, runtime::wait_policy::yield, runtime::wait_policy::sleep};

TEST(recoverable_lock, one_at_a_time) {
  for (const auto policy : policies) {
    local_family family(waiting(policy));
    lock_word word{0};
    long counted = 0;  // no atomic: the lock orders it
    constexpr int rounds = 5000;
    std::vector<local_family::body> bodies(4, [&] {
      const auto me = current_participant("test", call());
      for (int i = 0; i < rounds; ++i) {
        ASSERT_EQ(acquire(*me, word, why), acquired::fresh);
        ++counted;
        release(word);
      }
    });
    family.run(bodies);
    EXPECT_EQ(counted, 4L * rounds);
    EXPECT_EQ(word.load() & ~contended, 0u);
  }
}

TEST(recoverable_lock, a_deadline_passes) {
  local_family family;
  const auto other = family.join();
  lock_word word{0};
  ASSERT_EQ(try_acquire(*other, word), acquired::fresh);
  EXPECT_EQ(acquire(*family.root(), word, why, within(milliseconds(5))), acquired::no);
  EXPECT_EQ(try_acquire(*family.root(), word), acquired::no);
  release(word);
  EXPECT_EQ(try_acquire(*family.root(), word), acquired::fresh);
}

TEST(recoverable_lock, is_taken_over_from_the_dead_at_once) {
  local_family family;
  const auto other = family.join();
  lock_word word{0};
  ASSERT_EQ(try_acquire(*other, word), acquired::fresh);
  family.kill(*other);
  EXPECT_EQ(try_acquire(*family.root(), word), acquired::from_the_dead);
  release(word);
  EXPECT_EQ(try_acquire(*family.root(), word), acquired::fresh) << "the news is had once";
}

// All sleep when the owner dies: one takes over, the others follow.
TEST(recoverable_lock, sleepers_hear_of_a_death) {
  for (const auto policy : policies) {
    local_family family(waiting(policy));
    const auto owner = family.join();
    lock_word word{0};
    ASSERT_EQ(try_acquire(*owner, word), acquired::fresh);
    std::atomic<int> taken_over{0};
    std::atomic<int> came{0};
    std::vector<local_family::body> bodies(3, [&] {
      const auto me = current_participant("test", call());
      ++came;
      if (acquire(*me, word, why) == acquired::from_the_dead) ++taken_over;
      release(word);
    });
    bodies.push_back([&] {
      while (came.load() != 3 ||
             (policy == runtime::wait_policy::sleep && (word.load() & contended) == 0)) {
        std::this_thread::yield();
      }
      family.kill(*owner);
    });
    family.run(bodies);
    EXPECT_EQ(taken_over.load(), 1);
  }
}

// The waiter that a release wakes dies instead of going on: the next one gets the lock.
TEST(recoverable_lock, a_woken_waiter_that_dies_is_made_up_for) {
  local_family family(waiting(runtime::wait_policy::sleep));
  const auto owner = family.join();
  const auto dying = family.join();
  lock_word word{0};
  ASSERT_EQ(try_acquire(*owner, word), acquired::fresh);
  std::vector<local_family::body> bodies;
  bodies.push_back([&] {
    const auto me = current_participant("test", call());
    EXPECT_NE(acquire(*me, word, why), acquired::no);
    release(word);
  });
  bodies.push_back([&] {
    while ((word.load() & contended) == 0) std::this_thread::yield();
    // A release whose wake-up goes to a waiter that is killed.
    word.store(0);
    family.kill(*dying);
  });
  family.run(bodies);
}

}  // namespace
}  // namespace cohort::test
