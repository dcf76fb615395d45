// imap: laziness, order, bounds, errors, and what becomes of a stream at the end of its pool.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/thread_pool.hpp>

#include "multiprocessing/pool_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <optional>
#include <ranges>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;

TEST_F(thread_pools, imap_is_lazy_and_in_order) {
  thread_pool pool(3);
  int read = 0;
  auto endless = std::views::iota(0) | std::views::transform([&](int n) {
                   ++read;
                   return n;
                 });
  int expected = 0;
  for (const int n : pool.imap(square, endless, {.look_ahead = 10})) {
    EXPECT_EQ(n, expected * expected);
    EXPECT_LE(read, expected + 1 + 10) << "no further ahead";
    if (++expected == 1000) break;
  }
  EXPECT_EQ(expected, 1000);
}

TEST_F(thread_pools, imap_over_an_endless_range_with_chunks_chosen_or_given) {
  thread_pool pool(2);
  for (const std::size_t chunk_size : {0u, 1u, 50u}) {
    auto results = pool.imap(square, std::views::iota(0), {.chunk_size = chunk_size});
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(results.next(), i * i);
  }
}

TEST_F(thread_pools, imap_reads_no_item_before_its_time) {
  thread_pool pool(2);
  for (const int look_ahead : {1, 2, 3, 50}) {
    int taken = 0;
    int read = 0;
    auto watched = std::views::iota(0, 200) | std::views::transform([&](int n) {
                     ++read;
                     EXPECT_LE(read, taken + look_ahead);
                     return n;
                   });
    auto results = pool.imap(square, watched, {.look_ahead = static_cast<std::size_t>(look_ahead)});
    while (const auto result = results.next()) {
      EXPECT_EQ(*result, taken * taken);
      ++taken;
    }
    EXPECT_EQ(taken, 200);
  }
}

TEST_F(thread_pools, imap_goes_on_behind_an_error) {
  thread_pool pool(3);
  for (const std::size_t chunk_size : {0u, 1u, 4u}) {
    auto results = pool.imap(odd_only, std::views::iota(0, 20), {.chunk_size = chunk_size});
    for (int i = 0; i < 20; ++i) {
      if (i % 2 == 0) {
        EXPECT_THROW(results.next(), std::runtime_error);
      } else {
        EXPECT_EQ(results.next(), i);
      }
    }
    EXPECT_EQ(results.next(), std::nullopt);
    EXPECT_EQ(results.next(), std::nullopt) << "the end stays";
  }
}

TEST_F(thread_pools, imap_throws_the_input_s_error_where_it_happened) {
  thread_pool pool(2);
  auto breaking = std::views::iota(0) | std::views::transform([](int n) {
                    if (n == 7) throw std::logic_error("input");
                    return n;
                  });
  auto results = pool.imap(square, breaking);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(results.next(), i * i);
  EXPECT_THROW(results.next(), std::logic_error);
  EXPECT_EQ(results.next(), std::nullopt);
}

TEST_F(thread_pools, imap_of_nothing_and_to_nothing) {
  thread_pool pool(2);
  for ([[maybe_unused]] const int n : pool.imap(square, std::vector<int>())) ADD_FAILURE();
  std::atomic<int> sum = 0;
  int results = 0;
  for ([[maybe_unused]] const auto& none : pool.imap([&](int n) { sum += n; }, std::vector{1, 2})) {
    ++results;
  }
  EXPECT_EQ(results, 2);
  EXPECT_EQ(sum, 3);
}

TEST_F(thread_pools, imap_moves_items_and_results) {
  thread_pool pool(2);
  auto made = std::views::iota(0, 30) |
              std::views::transform([](int n) { return std::make_unique<int>(n); });
  int expected = 0;
  for (auto& n : pool.imap([](std::unique_ptr<int> p) { return p; }, made)) {
    const std::unique_ptr<int> mine = std::move(n);
    EXPECT_EQ(*mine, expected++);
  }
  EXPECT_EQ(expected, 30);
}

TEST_F(thread_pools, imap_unordered_gives_what_is_there) {
  thread_pool pool(2);
  std::promise<void> open;
  auto opened = open.get_future().share();
  // The first item ends only after all others have been taken.
  auto results = pool.imap_unordered(
      [opened](int n) {
        if (n == 0) opened.wait();
        return n;
      },
      std::views::iota(0, 50), {.chunk_size = 1, .look_ahead = 4});
  std::set<int> seen;
  for (int i = 1; i < 50; ++i) seen.insert(results.next().value());
  EXPECT_FALSE(seen.contains(0));
  EXPECT_THROW(results.next(within(1ms)), timeout_error);
  open.set_value();
  EXPECT_EQ(results.next(), 0);
  EXPECT_EQ(results.next(), std::nullopt);
  EXPECT_EQ(seen.size(), 49u);
}

TEST_F(thread_pools, a_stream_that_is_dropped_cancels_what_is_queued) {
  thread_pool pool(1);
  std::atomic<int> executed = 0;
  gate busy(pool, 1);
  {
    auto dropped = pool.imap([&](int) { ++executed; }, std::views::iota(0));
  }
  EXPECT_EQ(pool.progress().queued, 0u);
  busy.open();
  pool.close();
  pool.join();
  EXPECT_EQ(executed, 0);
}

TEST_F(thread_pools, a_stream_after_the_end_of_the_pool) {
  auto pool = std::make_unique<thread_pool>(2);
  auto results = pool->imap(square, std::views::iota(0), {.chunk_size = 1, .look_ahead = 4});
  EXPECT_EQ(results.next(), 0);
  pool->close();
  pool->join();
  pool.reset();
  int good = 1;
  try {
    while (results.next()) ++good;
    ADD_FAILURE() << "the input has no end";
  } catch (const closed_error&) {
  }
  EXPECT_GE(good, 4) << "what was read before has its results";
  EXPECT_EQ(results.next(), std::nullopt);
}

}  // namespace
}  // namespace cohort::test
