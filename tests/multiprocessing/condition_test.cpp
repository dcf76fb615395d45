// cohort::condition: who is woken and how many, both mutexes, deadlines, waiters that die with and
// without a notification, and owners of the mutex that die while others wait.
#include <cohort/multiprocessing/condition.hpp>
#include <cohort/multiprocessing/semaphore.hpp>
#include <cohort/multiprocessing/shared_memory.hpp>

#include "multiprocessing/shared_things.hpp"
#include "multiprocessing/sync/waiting_room.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <tuple>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace mp = cohort::multiprocessing;
using cohort::condition;
using cohort::mutex;
using cohort::owner_died;
using cohort::recursive_mutex;
using cohort::test::acting_family;
using cohort::test::opened;
using cohort::test::parcel;

const cohort::runtime::wait_reason why{"test", cohort::runtime::no_peer, 0, 0,
                                       cohort::call_site::unknown()};

mp::waiting_room room_of(const acting_family::member& who, const condition& c) {
  return {*who, opened(c).as<mp::waiting_room_state>()};
}

// Blocks until so many have said under the mutex that they are about to wait: then they do.
void until_waiting(mutex& m, const std::atomic<int>& waiting, int count) {
  for (;;) {
    const std::scoped_lock lock(m);
    if (waiting == count) return;
  }
}

TEST(condition, wakes_exactly_so_many) {
  acting_family family;
  constexpr int waiters = 5;
  mutex m;
  condition c;
  cohort::semaphore woken(0);
  std::atomic<int> waiting = 0;
  const parcel sent(m, c, woken);
  std::vector<acting_family::body> bodies(waiters, [&] {
    auto [mine, news, told] = sent.open();
    std::unique_lock lock(mine);
    ++waiting;
    EXPECT_TRUE(news.wait(lock));
    EXPECT_TRUE(lock.owns_lock());
    told.release();
  });
  bodies.emplace_back([&] {
    auto [mine, news, told] = sent.open();
    until_waiting(mine, waiting, waiters);
    news.notify(0);
    news.notify(2);
    told.acquire();
    told.acquire();
    EXPECT_FALSE(told.try_acquire());
    news.notify_one();
    told.acquire();
    EXPECT_FALSE(told.try_acquire());
    news.notify(100);
    told.acquire();
    told.acquire();
  });
  family.run(bodies);
  EXPECT_EQ(woken.available(), 0);
}

TEST(condition, wakes_who_has_waited_longest_and_nobody_who_comes_later) {
  acting_family family;
  const condition c;
  const auto a = family.join();
  const auto b = family.join();
  mp::waiting_room first = room_of(a, c);
  mp::waiting_room second = room_of(b, c);
  mp::waiting_place& early = *first.come(why);
  mp::waiting_place& middle = *second.come(why);
  first.notify(1, why);
  EXPECT_TRUE(mp::waiting_room::is_notified(early));
  EXPECT_FALSE(mp::waiting_room::is_notified(middle));
  mp::waiting_place& late = *first.come(why);
  EXPECT_TRUE(first.go(early, why));
  mp::waiting_place& latest = *first.come(why);  // in the place of the first
  EXPECT_FALSE(mp::waiting_room::is_notified(latest));
  first.notify(2, why);
  EXPECT_TRUE(second.go(middle, why));
  EXPECT_TRUE(first.go(late, why));
  EXPECT_FALSE(first.go(latest, why));
  first.notify(1, why);  // nobody waits, so nobody keeps it
  mp::waiting_place& next = *first.come(why);
  EXPECT_FALSE(first.go(next, why));
}

TEST(condition, the_dead_are_not_notified) {
  acting_family family;
  condition c;
  const auto dead = family.join();
  room_of(dead, c).come(why);
  mp::waiting_room mine = room_of(family.root(), c);
  mp::waiting_place& place = *mine.come(why);
  family.end(dead);
  c.notify();
  EXPECT_TRUE(mine.go(place, why));
}

TEST(condition, a_notification_of_the_dead_is_passed_on) {
  acting_family family;
  mutex m;
  condition c;
  std::atomic<int> waiting = 0;
  const parcel sent(m, c);
  const auto dead = family.join();
  mp::waiting_place& place = *room_of(dead, c).come(why);
  family.run({[&] {
                auto [mine, news] = sent.open();
                std::unique_lock lock(mine);
                ++waiting;
                EXPECT_TRUE(news.wait(lock));
              },
              [&] {
                auto [mine, news] = sent.open();
                until_waiting(mine, waiting, 1);
                news.notify();
                EXPECT_TRUE(mp::waiting_room::is_notified(place));
                family.end(dead);
              }});
}

TEST(condition, predicates_and_deadlines) {
  acting_family family;
  mutex m;
  condition c;
  std::unique_lock lock(m);
  EXPECT_FALSE(c.wait(lock, cohort::within(1ms)));
  EXPECT_TRUE(lock.owns_lock());
  EXPECT_EQ(c.wait_for(lock, 0ms), std::cv_status::timeout);
  EXPECT_EQ(c.wait_until(lock, std::chrono::steady_clock::now()), std::cv_status::timeout);
  EXPECT_FALSE(c.wait_for(lock, 1ms, [] { return false; }));
  EXPECT_TRUE(c.wait_for(lock, 0ms, [] { return true; }));
  EXPECT_FALSE(c.wait_until(lock, std::chrono::system_clock::now(), [] { return false; }));
  int looks = 0;
  EXPECT_TRUE(c.wait_for(lock, 1ms, [&] { return ++looks == 2; })) << "the last value counts";
  lock.unlock();
  EXPECT_TRUE(m.try_lock()) << "nothing is held twice";
  m.unlock();
}

TEST(condition, needs_the_lock) {
  acting_family family;
  mutex m;
  recursive_mutex r;
  condition c;
  std::unique_lock deferred(m, std::defer_lock);
  EXPECT_THROW(c.wait(deferred), cohort::usage_error);
  std::unique_lock wrong(m, std::adopt_lock);  // nobody has locked it
  EXPECT_THROW(c.wait(wrong), cohort::usage_error);
  wrong.release();
  std::unique_lock of_another(r, std::adopt_lock);
  EXPECT_THROW(c.wait(of_another), cohort::usage_error);
  of_another.release();
  EXPECT_THROW(c.notify(-1), cohort::argument_error);
}

TEST(condition, has_room_for_so_many) {
  acting_family family;
  mutex m;
  condition c;
  mp::waiting_room room = room_of(family.root(), c);
  std::vector<mp::waiting_place*> places;
  for (std::uint32_t i = 0; i < mp::max_waiters; ++i) places.push_back(room.come(why));
  std::unique_lock lock(m);
  EXPECT_THROW(c.wait(lock), cohort::resource_error);
  EXPECT_TRUE(lock.owns_lock());
  EXPECT_FALSE(m.try_lock());
  for (mp::waiting_place* place : places) EXPECT_FALSE(room.go(*place, why));
}

TEST(condition, releases_and_restores_all_levels) {
  acting_family family;
  recursive_mutex m;
  condition c;
  cohort::shared_span<int> ready(1);
  const parcel sent(m, c, ready);
  const std::scoped_lock outer(m);
  std::unique_lock inner(m);
  std::thread other([&] {
    acting_family::act(family.join(), [&] {
      auto [mine, news, flag] = sent.open();
      const std::scoped_lock lock(mine);  // both levels are released
      flag[0] = 1;
      news.notify();
    });
  });
  c.wait(inner, [&] { return ready[0] == 1; });
  other.join();
  inner.unlock();
  family.run({[&] { EXPECT_FALSE(std::get<0>(sent.open()).try_lock()) << "the outer level"; }});
}

TEST(condition, producers_and_consumers) {
  acting_family family;
  constexpr long items = 2000;
  constexpr long room = 3;
  const mutex m;
  const condition full;
  const condition empty;
  const cohort::shared_span<long> state(2);  // items that wait, items consumed
  const parcel sent(m, full, empty, state);
  const auto producer = [&] {
    auto [mine, filled, emptied, numbers] = sent.open();
    for (long i = 0; i < items; ++i) {
      std::unique_lock lock(mine);
      emptied.wait(lock, [&, n = numbers] { return n[0] < room; });
      ++numbers[0];
      filled.notify();
    }
  };
  const auto consumer = [&] {
    auto [mine, filled, emptied, numbers] = sent.open();
    for (long i = 0; i < items; ++i) {
      std::unique_lock lock(mine);
      filled.wait(lock, [n = numbers] { return n[0] > 0; });
      --numbers[0];
      ++numbers[1];
      emptied.notify();
    }
  };
  family.run({producer, consumer, producer, consumer});
  EXPECT_EQ(state[0], 0);
  EXPECT_EQ(state[1], 2 * items);
}

// The one that died may have been the one that was notified.
template <class Mutex>
void owner_dies_while_others_wait() {
  acting_family family;
  constexpr int waiters = 3;
  Mutex m;
  condition c;
  std::atomic<int> waiting = 0;
  std::atomic<int> told = 0;
  std::atomic<int> woken = 0;
  const parcel sent(m, c);
  std::vector<acting_family::body> bodies(waiters, [&] {
    auto [mine, news] = sent.open();
    std::unique_lock lock(mine);
    ++waiting;
    try {
      EXPECT_TRUE(news.wait(lock));
      EXPECT_TRUE(lock.owns_lock());
      ++woken;
    } catch (const owner_died& death) {
      EXPECT_FALSE(lock.owns_lock());
      death.repaired();
      ++told;
    }
  });
  bodies.emplace_back([&] {
    while (waiting != waiters) std::this_thread::yield();
    family.live_and_die([&] { std::get<0>(sent.open()).lock(); });
  });
  family.run(bodies);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(woken, waiters - 1);
  const std::scoped_lock lock(m);
}

TEST(condition, waiters_hear_of_the_death_of_a_mutex_owner) {
  owner_dies_while_others_wait<mutex>();
}

TEST(condition, waiters_hear_of_the_death_of_a_recursive_mutex_owner) {
  owner_dies_while_others_wait<recursive_mutex>();
}

}  // namespace
