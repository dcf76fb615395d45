// cohort::shared_mutex: shares, exclusion, who goes first, and readers, writers and waiters that
// die.
#include <cohort/multiprocessing/shared_memory.hpp>
#include <cohort/multiprocessing/shared_mutex.hpp>

#include "multiprocessing/shared_things.hpp"
#include "multiprocessing/sync/read_write_lock.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <new>
#include <shared_mutex>
#include <thread>
#include <tuple>

namespace {

using namespace std::chrono_literals;
namespace mp = cohort::multiprocessing;
using cohort::lock_status;
using cohort::owner_died;
using cohort::shared_mutex;
using cohort::test::acting_family;
using cohort::test::opened;
using cohort::test::parcel;

// Whether another process could get it so.
bool free_for_another(acting_family& family, const shared_mutex& m, bool shared) {
  const parcel sent(m);
  bool free = false;
  family.run({[&] {
    auto [mine] = sent.open();
    free = shared ? mine.try_lock_shared() : mine.try_lock();
    if (free) shared ? mine.unlock_shared() : mine.unlock();
  }});
  return free;
}

void die_with(acting_family& family, const shared_mutex& m, bool shared) {
  const parcel sent(m);
  family.live_and_die([&] {
    auto [mine] = sent.open();
    shared ? mine.lock_shared() : mine.lock();
  });
}

TEST(shared_mutex, many_readers_or_one_writer) {
  acting_family family;
  shared_mutex m;
  {
    const std::shared_lock one(m);
    const std::shared_lock two(m);
    EXPECT_TRUE(free_for_another(family, m, true));
    EXPECT_FALSE(free_for_another(family, m, false));
    EXPECT_FALSE(m.try_lock());
  }
  EXPECT_TRUE(free_for_another(family, m, false));
  const std::unique_lock writing(m);
  EXPECT_FALSE(free_for_another(family, m, true));
  EXPECT_FALSE(free_for_another(family, m, false));
}

TEST(shared_mutex, is_given_back_by_who_has_it) {
  acting_family family;
  shared_mutex m;
  const parcel sent(m);
  EXPECT_THROW(m.unlock(), cohort::usage_error);
  EXPECT_THROW(m.unlock_shared(), cohort::usage_error);
  m.lock();
  EXPECT_THROW(m.unlock_shared(), cohort::usage_error);
  family.run({[&] { EXPECT_THROW(std::get<0>(sent.open()).unlock(), cohort::usage_error); }});
  m.unlock();
  m.lock_shared();
  EXPECT_THROW(m.unlock(), cohort::usage_error);
  family.run(
      {[&] { EXPECT_THROW(std::get<0>(sent.open()).unlock_shared(), cohort::usage_error); }});
  m.unlock_shared();
  EXPECT_THROW(m.unlock_shared(), cohort::usage_error);
}

TEST(shared_mutex, deadlines) {
  acting_family family;
  shared_mutex m;
  const parcel sent(m);
  m.lock();
  family.run({[&] {
    auto [mine] = sent.open();
    EXPECT_FALSE(mine.try_lock_for(1ms));
    EXPECT_FALSE(mine.try_lock_shared_for(1ms));
    EXPECT_FALSE(mine.try_lock_until(std::chrono::steady_clock::now()));
    EXPECT_FALSE(mine.try_lock_shared_until(std::chrono::steady_clock::now()));
    EXPECT_EQ(mine.lock(std::nothrow, cohort::within(1ms)), lock_status::not_acquired);
    EXPECT_EQ(mine.try_lock(std::nothrow), lock_status::not_acquired);
    EXPECT_THROW(mine.lock(cohort::within(1ms)), cohort::timeout_error);
    EXPECT_THROW(mine.lock_shared(cohort::within(1ms)), cohort::timeout_error);
  }});
  m.unlock();
  m.lock_shared(cohort::within(0ms));
  EXPECT_TRUE(m.try_lock_shared_for(0ms)) << "writers that gave up stand in nobody's way";
  m.unlock_shared();
  m.unlock_shared();
  m.lock(cohort::within(0ms));
  m.unlock();
}

TEST(shared_mutex, readers_and_writers) {
  acting_family family;
  constexpr long rounds = 1000;
  const shared_mutex m;
  const cohort::shared_span<long> pair(2);
  const parcel sent(m, pair);
  const auto writer = [&] {
    auto [mine, data] = sent.open();
    for (long i = 0; i < rounds; ++i) {
      const std::unique_lock lock(mine);
      ++data[0];
      ++data[1];
    }
  };
  const auto reader = [&] {
    auto [mine, data] = sent.open();
    for (long i = 0; i < rounds; ++i) {
      const std::shared_lock lock(mine);
      EXPECT_EQ(data[0], data[1]);
    }
  };
  family.run({writer, reader, writer, reader});
  EXPECT_EQ(pair[0], 2 * rounds);
}

TEST(shared_mutex, a_waiting_writer_goes_before_later_readers) {
  acting_family family;
  shared_mutex m;
  const parcel sent(m);
  m.lock_shared();
  std::thread writer([&] {
    acting_family::act(family.join(), [&] {
      auto [mine] = sent.open();
      mine.lock();
      mine.unlock();
    });
  });
  while (free_for_another(family, m, true)) std::this_thread::yield();
  m.unlock_shared();
  writer.join();
  EXPECT_TRUE(free_for_another(family, m, true));
}

TEST(shared_mutex, a_dead_reader_gives_its_shares_back) {
  acting_family family;
  shared_mutex m;
  die_with(family, m, true);
  const std::unique_lock lock(m);
}

TEST(shared_mutex, a_waiter_gets_what_a_dead_reader_had) {
  acting_family family;
  const shared_mutex m;
  const parcel sent(m);
  const auto reader = family.join();
  std::thread([&] {
    acting_family::act(reader, [&] { std::get<0>(sent.open()).lock_shared(); });
  }).join();
  family.run({[&] {
                auto [mine] = sent.open();
                const std::unique_lock lock(mine);
              },
              [&] { family.end(reader); }});
}

TEST(shared_mutex, a_dead_waiter_stands_in_nobody_s_way) {
  acting_family family;
  shared_mutex m;
  const auto waiter = family.join();
  opened(m).as<mp::read_write_state>().next = waiter->id();
  EXPECT_FALSE(free_for_another(family, m, true));
  family.end(waiter);
  EXPECT_TRUE(free_for_another(family, m, true));
}

TEST(shared_mutex, the_next_is_told_of_a_dead_writer) {
  acting_family family;
  shared_mutex m;
  die_with(family, m, false);
  EXPECT_THROW(m.lock(), owner_died);
  EXPECT_THROW(m.try_lock(), owner_died);
  EXPECT_THROW(m.lock_shared(), owner_died);
  EXPECT_THROW(m.try_lock_shared(), owner_died);
  EXPECT_EQ(m.lock(std::nothrow), lock_status::owner_died);
  m.mark_repaired();
  m.unlock();
  EXPECT_EQ(m.try_lock(std::nothrow), lock_status::acquired);
  m.unlock();
  EXPECT_THROW(m.mark_repaired(), cohort::usage_error);
}

TEST(shared_mutex, a_reader_that_is_told_can_repair) {
  acting_family family;
  shared_mutex m;
  die_with(family, m, false);
  try {
    const std::shared_lock lock(m);
    ADD_FAILURE() << "a writer has died";
  } catch (const owner_died& news) {
    EXPECT_FALSE(free_for_another(family, m, true)) << "the exception has it exclusively";
    news.repaired();
  }
  const std::shared_lock lock(m);
  EXPECT_TRUE(free_for_another(family, m, true));
}

TEST(shared_mutex, waiters_are_told_of_a_dead_writer) {
  acting_family family;
  const shared_mutex m;
  const parcel sent(m);
  const auto writer = family.join();
  std::thread([&] { acting_family::act(writer, [&] { std::get<0>(sent.open()).lock(); }); }).join();
  std::atomic<int> told = 0;
  const auto waiter = [&] {
    auto [mine] = sent.open();
    try {
      const std::shared_lock lock(mine);
    } catch (const owner_died& news) {
      news.repaired();
      ++told;
    }
  };
  family.run({waiter, waiter, waiter, [&] { family.end(writer); }});
  EXPECT_EQ(told, 1);
}

}  // namespace
