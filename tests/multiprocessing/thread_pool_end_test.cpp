// The beginning and the end of pools of threads: initializers, cancellation, close, terminate,
// join.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/thread_pool.hpp>

#include "multiprocessing/pool_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <future>
#include <ranges>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;

TEST_F(thread_pools, apply_async_then_close_join_and_get) {
  thread_pool pool(4);
  std::vector<future<int>> results;
  for (int i = 0; i < 10; ++i) results.push_back(pool.apply_async(square, i));
  pool.close();
  pool.join();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(results[static_cast<std::size_t>(i)].get(), i * i);
  EXPECT_EQ(pool.progress().done, 10u);
}

TEST_F(thread_pools, map_with_a_deadline_cancels_the_rest) {
  thread_pool pool(1);
  gate busy(pool, 1);
  std::atomic<int> executed = 0;
  EXPECT_THROW(pool.map([&](int) { ++executed; }, std::views::iota(0, 10), within(1ms)),
               timeout_error);
  busy.open();
  EXPECT_EQ(pool.apply(square, 3), 9);
  EXPECT_EQ(executed, 0);
}

TEST_F(thread_pools, close_refuses_and_join_needs_an_end) {
  thread_pool pool(2);
  EXPECT_THROW(pool.join(), usage_error);
  pool.close();
  EXPECT_THROW(pool.apply_async(square, 1), closed_error);
  EXPECT_THROW(pool.map(square, std::vector{1}), closed_error);
  EXPECT_THROW(pool.imap(square, std::vector{1}), closed_error);
  pool.close();
  pool.join();
  pool.join();
  pool.terminate();
}

TEST_F(thread_pools, join_with_a_deadline) {
  thread_pool pool(1);
  gate busy(pool, 1);
  pool.close();
  EXPECT_THROW(pool.join(within(1ms)), timeout_error);
  busy.open();
  pool.join();
}

TEST_F(thread_pools, a_task_can_t_join_its_pool) {
  thread_pool pool(1);
  auto result = pool.apply_async([&] { pool.join(); });
  pool.close();
  EXPECT_THROW(result.get(), usage_error);
}

TEST_F(thread_pools, terminate_cancels_what_is_queued) {
  thread_pool pool(2);
  gate busy(pool, 2);
  auto queued = pool.apply_async(square, 1);
  auto mapped = pool.map_async(square, std::views::iota(0, 1000));
  pool.terminate();
  EXPECT_THROW(queued.get(), cancelled_error);
  EXPECT_THROW(mapped.get(), cancelled_error);
  EXPECT_EQ(pool.progress().queued, 0u);
  busy.open();
  pool.join();
}

TEST_F(thread_pools, the_end_of_the_scope_cancels_and_joins) {
  future<int> queued;
  std::promise<void> open;
  auto opened = open.get_future().share();
  {
    thread_pool pool(1);
    std::binary_semaphore entered(0);
    pool.apply_async([&entered, opened] {
      entered.release();
      opened.wait();
    });
    entered.acquire();
    queued = pool.apply_async(square, 1).on_error([&](const std::exception_ptr&) {
      open.set_value();  // only now the running task ends
    });
  }
  EXPECT_THROW(queued.get(), cancelled_error);
}

TEST_F(thread_pools, cancel) {
  thread_pool pool(1);
  gate busy(pool, 1);
  auto first = pool.apply_async(square, 1);
  auto second = pool.apply_async(square, 2);
  auto mapped = pool.map_async(square, std::views::iota(0, 100));
  auto continued = pool.apply_async(square, 3).then(square);
  EXPECT_EQ(pool.progress().queued, 103u);
  EXPECT_TRUE(first.cancel());
  EXPECT_TRUE(mapped.cancel());
  EXPECT_TRUE(continued.cancel());
  EXPECT_EQ(pool.progress().queued, 1u);
  EXPECT_THROW(first.get(), cancelled_error);
  EXPECT_THROW(mapped.get(), cancelled_error);
  EXPECT_THROW(continued.get(), cancelled_error);
  busy.open();
  EXPECT_EQ(second.get(), 4);
  auto ended = pool.apply_async(square, 5);
  ended.wait();
  EXPECT_FALSE(ended.cancel());
  EXPECT_EQ(ended.get(), 25);
}

TEST_F(thread_pools, what_runs_can_t_be_cancelled) {
  thread_pool pool(1);
  std::promise<void> open;
  std::binary_semaphore entered(0);
  auto running = pool.apply_async([&] {
    entered.release();
    open.get_future().wait();
  });
  entered.acquire();
  EXPECT_FALSE(running.cancel());
  open.set_value();
  running.get();
}

TEST_F(thread_pools, cancel_queued) {
  thread_pool pool(1);
  gate busy(pool, 1);
  auto one = pool.apply_async(square, 1);
  auto many = pool.map_async(square, std::views::iota(0, 100), {.chunk_size = 10});
  EXPECT_GE(pool.cancel_queued(), 1u);
  EXPECT_THROW(one.get(), cancelled_error);
  busy.open();
  EXPECT_THROW(many.get(), cancelled_error);
  EXPECT_EQ(pool.apply(square, 2), 4) << "the pool goes on";
}

TEST_F(thread_pools, initializer_runs_in_each_thread_before_its_tasks) {
  thread_local int initialized = 0;
  std::atomic<int> runs = 0;
  thread_pool pool(3, [&] {
    initialized = 7;
    ++runs;
  });
  for (const int seen : pool.map([](int) { return initialized; }, std::views::iota(0, 100))) {
    ASSERT_EQ(seen, 7);
  }
  pool.close();
  pool.join();
  EXPECT_EQ(runs, 3);
}

TEST_F(thread_pools, an_initializer_that_fails_breaks_the_pool_with_its_cause) {
  thread_pool pool(2, [] { throw std::runtime_error("no licence"); });
  auto result = pool.apply_async(square, 1);
  try {
    result.get();
    ADD_FAILURE() << "the pool is broken";
  } catch (const closed_error& broken) {
    EXPECT_NE(std::string(broken.what()).find("no licence"), std::string::npos) << broken.what();
    EXPECT_THROW(std::rethrow_if_nested(broken), std::runtime_error);
  }
  EXPECT_THROW(pool.map(square, std::views::iota(0, 100)), closed_error);
  EXPECT_THROW(pool.imap(square, std::views::iota(0)).next(), closed_error);
}

// Whatever meets what: every future ends, and every item is counted once.
TEST_F(thread_pools, work_cancellation_and_the_end_at_once) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> ended = 0;
    std::atomic<int> given = 0;
    thread_pool pool(3);
    std::vector<std::thread> users;
    for (int u = 0; u < 3; ++u) {
      users.emplace_back([&, u] {
        try {
          for (int i = 0; i < 30; ++i) {
            auto one = pool.apply_async(odd_only, i);
            auto many = pool.map_async(square, std::views::iota(0, 20));
            given += 2;
            if (i % 3 == u) one.cancel();
            if (i % 4 == u) many.cancel();
            one.on_value([&](int) { ++ended; }).on_error([&](const std::exception_ptr&) {
              ++ended;
            });
            many.on_value([&](const auto&) { ++ended; });
            many.on_error([&](const std::exception_ptr&) { ++ended; });
            auto stream = pool.imap(square, std::views::iota(0));
            for (int n = 0; n < i; ++n) stream.next();
          }
        } catch (const closed_error&) {
        } catch (const cancelled_error&) {
        }
      });
    }
    if (round % 2 == 0) {
      pool.terminate();
      pool.join();
    }
    for (auto& user : users) user.join();
    pool.close();
    pool.join();
    EXPECT_EQ(ended, given);
    EXPECT_EQ(pool.progress().running, 0u);
    EXPECT_EQ(pool.progress().queued, 0u);
  }
}

}  // namespace
}  // namespace cohort::test
