// cohort::recursive_mutex: levels, owners that are threads of processes, and dead owners.
#include <cohort/multiprocessing/recursive_mutex.hpp>
#include <cohort/multiprocessing/shared_memory.hpp>

#include "multiprocessing/shared_things.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <new>
#include <thread>
#include <tuple>

namespace {

using namespace std::chrono_literals;
using cohort::lock_status;
using cohort::owner_died;
using cohort::recursive_mutex;
using cohort::test::acting_family;
using cohort::test::parcel;

// Whether another process could lock it.
bool free_for_another(acting_family& family, const recursive_mutex& m) {
  const parcel sent(m);
  bool free = false;
  family.run({[&] {
    auto [mine] = sent.open();
    free = mine.try_lock();
    if (free) mine.unlock();
  }});
  return free;
}

void die_with(acting_family& family, const recursive_mutex& m) {
  const parcel sent(m);
  family.live_and_die([&] {
    auto [mine] = sent.open();
    mine.lock();
    mine.lock();
  });
}

TEST(recursive_mutex, is_unlocked_as_often_as_locked) {
  acting_family family;
  recursive_mutex m;
  m.lock();
  EXPECT_TRUE(m.try_lock());
  m.lock(cohort::within(0ms));
  EXPECT_TRUE(m.try_lock_for(0ms));
  for (int i = 0; i < 3; ++i) {
    m.unlock();
    EXPECT_FALSE(free_for_another(family, m));
  }
  m.unlock();
  EXPECT_TRUE(free_for_another(family, m));
}

TEST(recursive_mutex, only_its_owner_unlocks_it) {
  acting_family family;
  recursive_mutex m;
  EXPECT_THROW(m.unlock(), cohort::usage_error);
  const std::scoped_lock lock(m);
  const parcel sent(m);
  family.run({[&] { EXPECT_THROW(std::get<0>(sent.open()).unlock(), cohort::usage_error); }});
  // Another thread of the same process.
  std::thread([&] {
    acting_family::act(family.root(), [&] {
      EXPECT_THROW(m.unlock(), cohort::usage_error);
      EXPECT_THROW(m.mark_repaired(), cohort::usage_error);
      EXPECT_FALSE(m.try_lock());
      EXPECT_FALSE(m.try_lock_until(std::chrono::steady_clock::now() + 1ms));
      EXPECT_THROW(m.lock(cohort::within(1ms)), cohort::timeout_error);
    });
  }).join();
}

TEST(recursive_mutex, one_at_a_time) {
  acting_family family;
  constexpr long rounds = 2000;
  const recursive_mutex m;
  const cohort::shared_span<long> count(1);
  const parcel sent(m, count);
  const auto body = [&] {
    auto [mine, counted] = sent.open();
    for (long i = 0; i < rounds; ++i) {
      const std::scoped_lock outer(mine);
      ++counted[0];
      const std::scoped_lock inner(mine);
      ++counted[0];
    }
  };
  // Two of them are threads of one process.
  const auto process = family.join();
  family.run({body, body, [&] {
                std::thread second([&] { acting_family::act(process, body); });
                acting_family::act(process, body);
                second.join();
              }});
  EXPECT_EQ(count[0], 4 * 2 * rounds);
}

TEST(recursive_mutex, the_news_of_a_death_has_one_level) {
  acting_family family;
  recursive_mutex m;
  die_with(family, m);
  try {
    m.lock();
    ADD_FAILURE() << "its owner has died";
  } catch (const owner_died& news) {
    {
      const std::scoped_lock inner(m);  // while it is repaired
    }
    EXPECT_FALSE(free_for_another(family, m));
    news.repaired();
  }
  EXPECT_TRUE(free_for_another(family, m));
}

TEST(recursive_mutex, stays_in_doubt_until_repaired) {
  acting_family family;
  recursive_mutex m;
  die_with(family, m);
  EXPECT_THROW(m.lock(), owner_died);
  EXPECT_THROW(m.try_lock(), owner_died);
  EXPECT_EQ(m.try_lock(std::nothrow), lock_status::owner_died);
  EXPECT_EQ(m.lock(std::nothrow), lock_status::acquired) << "again, by its owner";
  m.unlock();
  m.unlock();
  EXPECT_EQ(m.lock(std::nothrow), lock_status::owner_died);
  m.mark_repaired();
  m.unlock();
  EXPECT_EQ(m.lock(std::nothrow), lock_status::acquired);
  m.unlock();
}

}  // namespace
