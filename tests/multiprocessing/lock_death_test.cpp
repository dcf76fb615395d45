// Locks of processes that are killed at random moments: nobody hangs, nothing stays taken, and what
// a lock guards is either whole or reported.
#include <cohort/multiprocessing/bounded_semaphore.hpp>
#include <cohort/multiprocessing/condition.hpp>
#include <cohort/multiprocessing/event.hpp>
#include <cohort/multiprocessing/mutex.hpp>
#include <cohort/multiprocessing/process.hpp>
#include <cohort/multiprocessing/shared_memory.hpp>
#include <cohort/multiprocessing/shared_mutex.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <new>
#include <random>
#include <shared_mutex>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using cohort::owner_died;

// Two pairs whose halves are equal whenever nobody has the lock, and how often they were not.
enum place : std::size_t { left, right, under_write_left, under_write_right, torn, places };
using numbers = cohort::shared_span<std::atomic<long>>;

void count_under_the_mutex(cohort::mutex& m, cohort::condition& news, const numbers& data) {
  try {
    std::unique_lock lock(m);
    if (data[left] != data[right]) ++data[torn];
    ++data[left];
    ++data[right];
    news.notify();
    news.wait(lock, cohort::within(1ms));
  } catch (const owner_died& death) {
    data[right] = data[left].load();
    death.repaired();
  }
}

void write_and_read(cohort::shared_mutex& m, const numbers& data) {
  try {
    {
      const std::unique_lock writing(m);
      ++data[under_write_left];
      ++data[under_write_right];
    }
    const std::shared_lock reading(m);
    if (data[under_write_left] != data[under_write_right]) ++data[torn];
  } catch (const owner_died& death) {
    data[under_write_right] = data[under_write_left].load();
    death.repaired();
  }
}

void work(cohort::mutex m, cohort::condition news, cohort::shared_mutex rw,
          cohort::bounded_semaphore permits, numbers data, cohort::event started) {
  started.set();
  for (;;) {
    permits.acquire();
    count_under_the_mutex(m, news, data);
    write_and_read(rw, data);
    permits.release();
  }
}

TEST(lock_death, leaves_everything_in_order) {
  constexpr int kills = 150;
  constexpr std::size_t workers = 3;
  cohort::mutex m;
  const cohort::condition news;
  cohort::shared_mutex rw;
  const cohort::bounded_semaphore permits(2);
  const numbers data(places);

  std::mt19937 random(testing::UnitTest::GetInstance()->random_seed());
  std::vector<cohort::process> all;
  const auto add = [&] {
    const cohort::event started;
    all.emplace_back(work, m, news, rw, permits, data, started);
    all.back().start();
    ASSERT_TRUE(started.wait(cohort::within(60s)));
  };
  const auto kill_one = [&] {
    const auto victim = all.begin() + static_cast<std::ptrdiff_t>(random() % all.size());
    victim->kill();
    EXPECT_TRUE(victim->join(cohort::within(60s)));
    all.erase(victim);
  };
  while (all.size() != workers) add();
  for (int i = 0; i < kills; ++i) {
    // Until the others have gone some way, wherever that finds them.
    const long goal = data[under_write_left] + static_cast<long>(random() % 30);
    while (data[under_write_left] < goal) std::this_thread::yield();
    kill_one();
    add();
  }
  while (!all.empty()) kill_one();

  EXPECT_EQ(data[torn], 0);
  EXPECT_EQ(permits.available(), 2);
  EXPECT_NE(m.lock(std::nothrow, cohort::within(60s)), cohort::lock_status::not_acquired);
  EXPECT_NE(rw.lock(std::nothrow, cohort::within(60s)), cohort::lock_status::not_acquired);
}

}  // namespace
