// cohort::semaphore and cohort::bounded_semaphore: permits, bounds, deadlines, and what becomes of
// the permits of the dead.
#include <cohort/multiprocessing/bounded_semaphore.hpp>
#include <cohort/multiprocessing/semaphore.hpp>

#include "multiprocessing/shared_things.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <tuple>

namespace {

using namespace std::chrono_literals;
using cohort::bounded_semaphore;
using cohort::semaphore;
using cohort::test::acting_family;
using cohort::test::parcel;

template <class Semaphore>
class semaphores : public testing::Test {};
using both = testing::Types<semaphore, bounded_semaphore>;
TYPED_TEST_SUITE(semaphores, both);

TYPED_TEST(semaphores, has_so_many_permits) {
  acting_family family;
  TypeParam s(2);
  EXPECT_EQ(s.available(), 2);
  s.acquire();
  EXPECT_TRUE(s.try_acquire());
  EXPECT_EQ(s.available(), 0);
  EXPECT_FALSE(s.try_acquire());
  EXPECT_FALSE(s.try_acquire_for(1ms));
  EXPECT_FALSE(s.try_acquire_until(std::chrono::steady_clock::now() + 1ms));
  EXPECT_THROW(s.acquire(cohort::within(1ms)), cohort::timeout_error);
  s.release(2);
  EXPECT_EQ(s.available(), 2);
  s.release(0);
  EXPECT_TRUE(s.try_acquire_for(0ms));
  s.acquire(cohort::within(0ms));
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(semaphores, has_one_permit_by_default) {
  acting_family family;
  TypeParam s;
  EXPECT_TRUE(s.try_acquire());
  EXPECT_FALSE(s.try_acquire());
}

TYPED_TEST(semaphores, refuses_numbers_out_of_range) {
  acting_family family;
  EXPECT_THROW(TypeParam(-1), cohort::argument_error);
  EXPECT_THROW(TypeParam(TypeParam::max() + 1), cohort::argument_error);
  TypeParam s(0);
  EXPECT_THROW(s.release(-1), cohort::argument_error);
  EXPECT_EQ(s.available(), 0);
}

TYPED_TEST(semaphores, lets_in_as_many_as_it_has) {
  acting_family family;
  constexpr int rounds = 1000;
  const TypeParam s(2);
  const parcel sent(s);
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  const auto body = [&] {
    auto [mine] = sent.open();
    for (int i = 0; i < rounds; ++i) {
      mine.acquire();
      const int now = ++inside;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      --inside;
      mine.release();
    }
  };
  family.run({body, body, body, body});
  EXPECT_LE(most, 2);
  EXPECT_EQ(s.available(), 2);
}

TYPED_TEST(semaphores, another_may_release) {
  acting_family family;
  TypeParam s(1);
  s.acquire();
  const parcel sent(s);
  family.run({[&] { std::get<0>(sent.open()).release(); }});
  EXPECT_EQ(s.available(), 1);
}

TEST(semaphore, a_producer_releases_what_consumers_acquire) {
  acting_family family;
  constexpr int items = 1000;
  const semaphore s(0);
  const parcel sent(s);
  const auto consumer = [&] {
    auto [mine] = sent.open();
    for (int i = 0; i < items; ++i) mine.acquire();
  };
  const auto producer = [&] {
    auto [mine] = sent.open();
    for (int i = 0; i < items; i += 2) mine.release(2);
  };
  family.run({consumer, consumer, producer, producer});
  EXPECT_EQ(s.available(), 0);
}

TEST(semaphore, has_a_maximum) {
  acting_family family;
  semaphore s(semaphore::max());
  EXPECT_THROW(s.release(), cohort::argument_error);
  EXPECT_EQ(s.available(), semaphore::max());
}

TEST(semaphore, keeps_what_the_dead_have_acquired) {
  acting_family family;
  semaphore s(1);
  const parcel sent(s);
  family.live_and_die([&] { std::get<0>(sent.open()).acquire(); });
  EXPECT_FALSE(s.try_acquire());
  s.release();
  EXPECT_TRUE(s.try_acquire());
}

TEST(bounded_semaphore, is_not_released_more_often_than_acquired) {
  acting_family family;
  bounded_semaphore s(3);
  EXPECT_THROW(s.release(), cohort::usage_error);
  s.acquire();
  s.acquire();
  EXPECT_THROW(s.release(3), cohort::usage_error);
  EXPECT_EQ(s.available(), 1) << "none of the three was given back";
  s.release(2);
  EXPECT_THROW(s.release(), cohort::usage_error);
  EXPECT_EQ(s.available(), 3);
}

TEST(bounded_semaphore, gets_back_what_the_dead_have_acquired) {
  acting_family family;
  bounded_semaphore s(3);
  s.acquire();
  const parcel sent(s);
  family.live_and_die([&] {
    auto [mine] = sent.open();
    mine.acquire();
    mine.acquire();
  });
  EXPECT_EQ(s.available(), 2);
  s.release();
  EXPECT_THROW(s.release(), cohort::usage_error);
}

TEST(bounded_semaphore, waiters_get_the_permits_of_the_dead) {
  acting_family family;
  const bounded_semaphore s(1);
  const parcel sent(s);
  const auto owner = family.join();
  std::thread([&] {
    acting_family::act(owner, [&] { std::get<0>(sent.open()).acquire(); });
  }).join();
  const auto waiter = [&] {
    auto [mine] = sent.open();
    mine.acquire();
    mine.release();
  };
  family.run({waiter, waiter, [&] { family.end(owner); }});
  EXPECT_EQ(s.available(), 1);
}

}  // namespace
