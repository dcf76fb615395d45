// cohort::mutex: exclusion, deadlines, release by others, the news of a dead owner in all its
// forms, and owners that die in the middle while others want the lock.
#include <cohort/multiprocessing/mutex.hpp>
#include <cohort/multiprocessing/shared_memory.hpp>

#include "multiprocessing/shared_things.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace {

using namespace std::chrono_literals;
using cohort::lock_status;
using cohort::mutex;
using cohort::owner_died;
using cohort::test::acting_family;
using cohort::test::parcel;

// Locks it and ends.
void die_with(acting_family& family, const mutex& m) {
  const parcel sent(m);
  family.live_and_die([&] { std::get<0>(sent.open()).lock(); });
}

// What another process gets at this moment.
lock_status tried_by_another(acting_family& family, const mutex& m) {
  const parcel sent(m);
  lock_status status{};
  family.run({[&] {
    auto [mine] = sent.open();
    status = mine.try_lock(std::nothrow);
    if (status != lock_status::not_acquired) mine.unlock();
  }});
  return status;
}

TEST(mutex, one_at_a_time) {
  acting_family family;
  constexpr long rounds = 5000;
  const mutex m;
  const cohort::shared_span<long> count(1);
  const parcel sent(m, count);
  const auto body = [&] {
    auto [mine, counted] = sent.open();
    for (long i = 0; i < rounds; ++i) {
      const std::scoped_lock lock(mine);
      ++counted[0];
    }
  };
  family.run({body, body, body, body});
  EXPECT_EQ(count[0], 4 * rounds);
}

// Who gives up may be the one that was woken: then another must be.
TEST(mutex, waiters_that_give_up_leave_nobody_asleep) {
  acting_family family;
  const mutex m;
  const parcel sent(m);
  const auto patient = [&] {
    auto [mine] = sent.open();
    for (int i = 0; i < 2000; ++i) const std::scoped_lock lock(mine);
  };
  const auto impatient = [&] {
    auto [mine] = sent.open();
    for (int i = 0; i < 2000; ++i) {
      if (mine.try_lock_for(std::chrono::microseconds(i % 50))) mine.unlock();
    }
  };
  family.run({patient, impatient, patient, impatient});
  EXPECT_EQ(tried_by_another(family, m), lock_status::acquired);
}

TEST(mutex, is_unlocked_once) {
  acting_family family;
  mutex m;
  EXPECT_THROW(m.unlock(), cohort::usage_error);
  m.lock();
  m.unlock();
  EXPECT_THROW(m.unlock(), cohort::usage_error);
  die_with(family, m);
  EXPECT_EQ(m.lock(std::nothrow), lock_status::owner_died);
  m.unlock();
  EXPECT_THROW(m.unlock(), cohort::usage_error) << "in doubt, and free";
}

TEST(mutex, may_be_unlocked_by_another) {
  acting_family family;
  mutex m;
  const parcel sent(m);
  m.lock();
  family.run({[&] { std::get<0>(sent.open()).unlock(); }});
  EXPECT_TRUE(m.try_lock());
  m.unlock();
}

TEST(mutex, attempts_and_deadlines) {
  acting_family family;
  mutex m;
  const parcel sent(m);
  m.lock();
  family.run({[&] {
    auto [mine] = sent.open();
    EXPECT_FALSE(mine.try_lock());
    EXPECT_FALSE(mine.try_lock_for(1ms));
    EXPECT_FALSE(mine.try_lock_until(std::chrono::system_clock::now() + 1ms));
    EXPECT_EQ(mine.try_lock(std::nothrow), lock_status::not_acquired);
    EXPECT_EQ(mine.lock(std::nothrow, cohort::within(1ms)), lock_status::not_acquired);
    try {
      mine.lock(cohort::within(1ms));
      ADD_FAILURE() << "another has it";
    } catch (const cohort::timeout_error& late) {
      EXPECT_STREQ(late.operation(), "lock");
      EXPECT_NE(std::string(late.where().file()).find("mutex_test.cpp"), std::string::npos);
    }
  }});
  m.unlock();
  EXPECT_TRUE(m.try_lock_for(0ms));
  m.unlock();
  EXPECT_TRUE(m.try_lock_until(std::chrono::steady_clock::now()));
  m.unlock();
  m.lock(cohort::within(1h));
  m.unlock();
}

TEST(mutex, copies_are_the_same) {
  acting_family family;
  const mutex m;
  const auto [other] = parcel(m).open();
  EXPECT_EQ(m, other);
  EXPECT_FALSE(m == mutex());
}

TEST(mutex, no_scoped_lock_comes_into_being_after_a_death) {
  acting_family family;
  mutex m;
  die_with(family, m);
  bool entered = false;
  try {
    const std::scoped_lock lock(m);
    entered = true;
  } catch (const owner_died& news) {
    EXPECT_EQ(tried_by_another(family, m), lock_status::not_acquired) << "the exception has it";
    news.repaired();
  }
  EXPECT_FALSE(entered);
  EXPECT_EQ(tried_by_another(family, m), lock_status::acquired);
  const std::scoped_lock lock(m);
}

TEST(mutex, stays_in_doubt_until_repaired) {
  acting_family family;
  mutex m;
  die_with(family, m);
  for (int i = 0; i < 3; ++i) EXPECT_THROW(m.lock(), owner_died);
  EXPECT_THROW(m.try_lock(), owner_died);
  EXPECT_THROW(m.try_lock_for(1ms), owner_died);
  EXPECT_EQ(tried_by_another(family, m), lock_status::owner_died);
  EXPECT_EQ(m.lock(std::nothrow), lock_status::owner_died);
  m.mark_repaired();
  m.unlock();
  EXPECT_EQ(m.lock(std::nothrow), lock_status::acquired);
  m.unlock();
}

TEST(mutex, repair_is_for_the_owner) {
  acting_family family;
  mutex m;
  EXPECT_THROW(m.mark_repaired(), cohort::usage_error);
  die_with(family, m);
  EXPECT_THROW(m.mark_repaired(), cohort::usage_error);
  EXPECT_EQ(m.try_lock(std::nothrow), lock_status::owner_died);
}

TEST(mutex, copies_of_the_news_have_the_lock) {
  acting_family family;
  mutex m;
  die_with(family, m);
  std::exception_ptr kept;
  try {
    m.lock();
  } catch (const owner_died&) {
    kept = std::current_exception();
  }
  EXPECT_EQ(tried_by_another(family, m), lock_status::not_acquired);
  kept = nullptr;
  EXPECT_EQ(tried_by_another(family, m), lock_status::owner_died);
}

TEST(mutex, a_death_in_one_of_two_releases_the_other) {
  acting_family family;
  mutex a;
  mutex b;
  die_with(family, b);
  try {
    const std::scoped_lock both(a, b);
    ADD_FAILURE() << "one owner has died";
  } catch (const owner_died& news) {
    news.repaired();
    EXPECT_EQ(tried_by_another(family, a), lock_status::acquired);
    EXPECT_EQ(tried_by_another(family, b), lock_status::not_acquired);
  }
  const std::scoped_lock both(a, b);
}

TEST(mutex, unlocking_for_the_dead_hides_nothing) {
  acting_family family;
  mutex m;
  die_with(family, m);
  m.unlock();
  EXPECT_EQ(m.lock(std::nothrow), lock_status::owner_died);
}

TEST(mutex, who_dies_with_the_news_leaves_it) {
  acting_family family;
  mutex m;
  die_with(family, m);
  const parcel sent(m);
  family.live_and_die(
      [&] { EXPECT_EQ(std::get<0>(sent.open()).lock(std::nothrow), lock_status::owner_died); });
  EXPECT_EQ(m.lock(std::nothrow), lock_status::owner_died);
}

TEST(mutex, waiters_are_told) {
  acting_family family;
  const mutex m;
  const parcel sent(m);
  const auto owner = family.join();
  std::thread([&] { acting_family::act(owner, [&] { std::get<0>(sent.open()).lock(); }); }).join();
  std::atomic<int> told = 0;
  std::atomic<int> plain = 0;
  const auto waiter = [&] {
    auto [mine] = sent.open();
    try {
      const std::scoped_lock lock(mine);
      ++plain;
    } catch (const owner_died& news) {
      ++told;
      news.repaired();
    }
  };
  family.run({waiter, waiter, waiter, [&] { family.end(owner); }});
  EXPECT_EQ(told, 1);
  EXPECT_EQ(plain, 2);
}

// Owners die with the data half changed, and each such death is told once, to one who repairs.
TEST(mutex, deaths_under_load) {
  acting_family family;
  constexpr int deaths = 40;
  const mutex m;
  const cohort::shared_span<long> pair(2);
  const parcel sent(m, pair);
  std::atomic<int> told = 0;
  std::atomic<long> rounds = 0;
  std::atomic<bool> over = false;
  const auto worker = [&] {
    auto [mine, data] = sent.open();
    for (; !over; ++rounds) {
      if (mine.lock(std::nothrow) == lock_status::owner_died) {
        ++told;
        EXPECT_EQ(data[0], data[1] + 1);
        data[1] = data[0];
        mine.mark_repaired();
      }
      EXPECT_EQ(data[0], data[1]);
      ++data[0];
      ++data[1];
      mine.unlock();
    }
  };
  const auto killer = [&] {
    for (int i = 0; i < deaths; ++i) {
      family.live_and_die([&] {
        auto [mine, data] = sent.open();
        if (mine.lock(std::nothrow) == lock_status::owner_died) {
          ++told;
          data[1] = data[0];
        }
        ++data[0];
      });
    }
    over = true;
  };
  family.run({worker, worker, killer});
  mutex here = m;
  if (here.lock(std::nothrow) == lock_status::owner_died) {
    ++told;
    pair[1] = pair[0];
    here.mark_repaired();
  }
  here.unlock();
  EXPECT_EQ(told, deaths);
  EXPECT_EQ(pair[0], rounds + deaths);
}

TEST(mutex, needs_an_environment) {
  EXPECT_THROW(mutex(), cohort::usage_error);
}

}  // namespace
