// cohort::event: the flag, what wait returns, and waiters that may not miss it.
#include <cohort/multiprocessing/event.hpp>

#include "multiprocessing/shared_things.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <tuple>

namespace {

using namespace std::chrono_literals;
using cohort::event;
using cohort::test::acting_family;
using cohort::test::parcel;

TEST(event, wait_returns_the_flag) {
  acting_family family;
  event e;
  EXPECT_FALSE(e.is_set());
  EXPECT_FALSE(e.wait(cohort::within(1ms)));
  EXPECT_FALSE(e.wait_for(0ms));
  EXPECT_FALSE(e.wait_until(std::chrono::steady_clock::now()));
  e.set();
  e.set();
  EXPECT_TRUE(e.is_set());
  EXPECT_TRUE(e.wait());
  EXPECT_TRUE(e.wait_for(0ms));
  e.clear();
  e.clear();
  EXPECT_FALSE(e.is_set());
  EXPECT_FALSE(e.wait_for(1ms));
}

TEST(event, frees_all_who_wait) {
  acting_family family;
  const event e;
  const parcel sent(e);
  std::atomic<int> freed = 0;
  const auto waiter = [&] { freed += std::get<0>(sent.open()).wait() ? 1 : 0; };
  family.run({waiter, waiter, waiter, [&] { std::get<0>(sent.open()).set(); }});
  EXPECT_EQ(freed, 3);
}

// Two that take turns: a wake-up that is lost is a hang.
TEST(event, turns) {
  acting_family family;
  constexpr int rounds = 2000;
  const event ping;
  const event pong;
  const parcel sent(ping, pong);
  family.run({[&] {
                auto [mine, other] = sent.open();
                for (int i = 0; i < rounds; ++i) {
                  mine.set();
                  other.wait();
                  other.clear();
                }
              },
              [&] {
                auto [other, mine] = sent.open();
                for (int i = 0; i < rounds; ++i) {
                  other.wait();
                  other.clear();
                  mine.set();
                }
              }});
  EXPECT_FALSE(ping.is_set());
  EXPECT_FALSE(pong.is_set());
}

// set() and clear() in one breath end the waits that have begun.
TEST(event, a_short_flag_is_seen) {
  acting_family family;
  const event e;
  const parcel sent(e);
  std::atomic<bool> seen = false;
  family.run({[&] {
                std::get<0>(sent.open()).wait();
                seen = true;
              },
              [&] {
                auto [mine] = sent.open();
                while (!seen) {
                  mine.set();
                  mine.clear();
                }
              }});
  EXPECT_FALSE(e.is_set());
}

TEST(event, outlives_who_has_set_it) {
  acting_family family;
  const event e;
  const parcel sent(e);
  family.live_and_die([&] { std::get<0>(sent.open()).set(); });
  EXPECT_TRUE(e.wait());
}

}  // namespace
