// Joinable queues: join returns once all items are done, and not before.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/joinable_queue.hpp>

#include "multiprocessing/local_family.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;
namespace mp = cohort::multiprocessing;

joinable_queue<int> copy_for_this_process(const joinable_queue<int>& queue) {
  byte_buffer bytes;
  detail::pack(queue, bytes);
  joinable_queue<int> arrived;
  detail::unpack(bytes.bytes(), arrived);
  return arrived;
}

TEST(joinable_queue, join_of_nothing_returns_at_once) {
  local_family family;
  local_family::act(family.root(), [] {
    joinable_queue<int> q;
    q.join();
    EXPECT_EQ(q.unfinished(), 0u);
  });
}

TEST(joinable_queue, more_done_than_put_is_an_error) {
  local_family family;
  local_family::act(family.root(), [] {
    joinable_queue<int> q;
    EXPECT_THROW(q.task_done(), usage_error);
    q.put(1);
    q.task_done();
    EXPECT_THROW(q.task_done(), usage_error);
    q.put(2);
    EXPECT_EQ(q.unfinished(), 1u);
    EXPECT_THROW(q.join(within(1ms)), timeout_error);
    q.task_done();
    q.join();
  });
}

TEST(joinable_queue, an_item_that_is_got_is_not_done_yet) {
  local_family family;
  local_family::act(family.root(), [] {
    joinable_queue<int> q(3);
    q.put(1);
    q.get();
    EXPECT_TRUE(q.empty());
    EXPECT_THROW(q.join(within(0ms)), timeout_error);
    q.task_done();
    q.join(within(0ms));
  });
}

// Three producers of five items each, two consumers: each producer's join returns after all are
// done.
TEST(joinable_queue, producers_join_after_all_items_of_all) {
  for (const runtime::wait_policy how :
       {runtime::wait_policy::automatic, runtime::wait_policy::sleep}) {
    runtime::settings chosen;
    chosen.wait = how;
    local_family family(chosen);
    for (int round = 0; round < 20; ++round) {
      std::optional<joinable_queue<int>> q;
      local_family::act(family.root(), [&] { q.emplace(); });
      std::atomic<int> put = 0;
      std::atomic<int> done = 0;
      const auto produce = [&] {
        auto mine = copy_for_this_process(*q);
        for (int i = 0; i < 5; ++i) {
          mine.put(i);
          ++put;
        }
        while (put.load() < 15) std::this_thread::yield();
        mine.join();
        EXPECT_EQ(done.load(), 15);
        mine.shut_down();
      };
      const auto consume = [&] {
        auto mine = copy_for_this_process(*q);
        for ([[maybe_unused]] const int item : mine) {
          ++done;
          mine.task_done();
        }
      };
      family.run({produce, produce, produce, consume, consume});
    }
  }
}

TEST(joinable_queue, of_many_who_report_one_too_many_gets_the_error) {
  local_family family;
  std::optional<joinable_queue<int>> q;
  local_family::act(family.root(), [&] {
    q.emplace();
    for (int i = 0; i < 3000; ++i) q->put(i);
  });
  std::atomic<int> errors = 0;
  const auto report = [&] {
    auto mine = copy_for_this_process(*q);
    for (int i = 0; i < 1001; ++i) {
      try {
        mine.task_done();
      } catch (const usage_error&) {
        ++errors;
      }
    }
  };
  family.run({report, report, report});
  EXPECT_EQ(errors.load(), 3);
  local_family::act(family.root(), [&] { q->join(); });
}

}  // namespace
}  // namespace cohort::test
