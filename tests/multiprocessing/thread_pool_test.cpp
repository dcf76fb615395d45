// Pools of threads, which is to say the interface of all pools: apply and map with every kind of
// result and input, errors, callbacks, progress.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/thread_pool.hpp>

#include "multiprocessing/pool_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <numeric>
#include <ranges>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

TEST_F(thread_pools, apply) {
  thread_pool pool(4);
  EXPECT_EQ(pool.size(), 4);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pool.apply(square, i), i * i);
  EXPECT_NE(pool.apply([] { return std::this_thread::get_id(); }), std::this_thread::get_id());
  EXPECT_EQ(pool.apply(&std::string::size, std::string("four")), 4u);
  int touched = 0;
  pool.apply([](int& n) { n = 9; }, std::ref(touched));
  EXPECT_EQ(touched, 9);
  auto moved = pool.apply([](std::unique_ptr<int> p) { return p; }, std::make_unique<int>(3));
  EXPECT_EQ(*moved, 3);
  EXPECT_THROW(pool.apply(odd_only, 2), std::runtime_error);
}

TEST_F(thread_pools, map_and_map_async) {
  thread_pool pool(5);
  EXPECT_EQ(pool.map(square, std::vector{1, 2, 3}), (std::vector{1, 4, 9}));
  auto later = pool.map_async(square, std::vector{3, 5, 7, 11});
  pool.close();
  pool.join();
  EXPECT_EQ(later.get(), (std::vector{9, 25, 49, 121}));
}

TEST_F(thread_pools, map_over_ranges_of_all_kinds_and_lengths) {
  thread_pool pool(3);
  for (const int length : {0, 1, 2, 5, 6, 7, 100, 30'000}) {
    std::vector<int> expected;
    for (int i = 0; i < length; ++i) expected.push_back(i * i);
    for (const std::size_t chunk_size : {0u, 1u, 3u, 1000u}) {
      EXPECT_EQ(pool.map(square, std::views::iota(0, length), {.chunk_size = chunk_size}), expected)
          << length << " in chunks of " << chunk_size;
    }
    const auto negated =
        std::views::iota(0, length) | std::views::transform([](int n) { return -n; });
    EXPECT_EQ(pool.map(square, negated), expected);
  }
  std::istringstream words("10 20 30");
  EXPECT_EQ(pool.map(square, std::ranges::subrange(std::istream_iterator<int>(words),
                                                   std::istream_iterator<int>())),
            (std::vector{100, 400, 900}));
  const std::set<std::string> sorted{"a", "bb", "ccc"};
  EXPECT_EQ(pool.map(&std::string::size, sorted), (std::vector<std::size_t>{1, 2, 3}));
  EXPECT_EQ(pool.map([](bool b) { return !b; }, std::vector{true, false}),
            (std::vector{false, true}));
}

TEST_F(thread_pools, map_moves_and_returns_what_can_only_be_moved) {
  thread_pool pool(2);
  std::vector<std::unique_ptr<int>> numbers;
  for (int i = 0; i < 50; ++i) numbers.push_back(std::make_unique<int>(i));
  auto doubled = pool.map(
      [](std::unique_ptr<int> n) {
        *n *= 2;
        return n;
      },
      std::move(numbers));
  ASSERT_EQ(doubled.size(), 50u);
  EXPECT_EQ(*doubled[49], 98);

  std::vector<std::string> kept(10, "kept");
  pool.map([](std::string s) { return s; }, kept);
  EXPECT_EQ(kept, std::vector<std::string>(10, "kept")) << "an lvalue is copied";
}

TEST_F(thread_pools, map_to_nothing) {
  thread_pool pool(2);
  std::atomic<int> sum = 0;
  pool.map([&](int n) { sum += n; }, std::views::iota(1, 101));
  EXPECT_EQ(sum, 5050);
  future<void> none = pool.map_async([](int) {}, std::vector<int>());
  none.get();
}

TEST_F(thread_pools, starmap_spreads) {
  thread_pool pool(2);
  const std::vector<std::tuple<int, std::string>> items{{2, "a"}, {3, "b"}};
  const auto repeat = [](int n, const std::string& s) {
    std::string all;
    while (n-- > 0) all += s;
    return all;
  };
  EXPECT_EQ(pool.starmap(repeat, items), (std::vector<std::string>{"aa", "bbb"}));
  EXPECT_EQ(
      pool.starmap_async(std::plus<int>(), std::vector{std::pair(1, 2), std::pair(3, 4)}).get(),
      (std::vector{3, 7}));
}

TEST_F(thread_pools, map_throws_the_error_of_the_first_item_that_failed) {
  thread_pool pool(4);
  std::atomic<int> executed = 0;
  for (const std::size_t chunk_size : {0u, 1u, 7u}) {
    executed = 0;
    try {
      pool.map(
          [&](int n) {
            ++executed;
            if (n == 40 || n == 60) throw std::runtime_error(std::to_string(n));
          },
          std::views::iota(0, 100), {.chunk_size = chunk_size});
      ADD_FAILURE() << "an item failed";
    } catch (const std::runtime_error& thrown) {
      EXPECT_STREQ(thrown.what(), "40");
    }
    EXPECT_EQ(executed, 100) << "no error takes another item along";
  }
}

TEST_F(thread_pools, callbacks_run_one_at_a_time) {
  thread_pool pool(4);
  int unprotected = 0;
  std::vector<future<int>> results;
  for (int i = 0; i < 200; ++i) {
    results.push_back(pool.apply_async(square, i).on_value([&](int) { ++unprotected; }));
  }
  wait_all(results);
  EXPECT_EQ(unprotected, 200);
}

TEST_F(thread_pools, a_callback_that_throws_does_not_stop_the_pool) {
  thread_pool pool(1);
  gate busy(pool, 1);
  auto bad = pool.apply_async(square, 2).on_value([](int) { throw std::logic_error("callback"); });
  auto good = pool.apply_async(square, 3);
  busy.open();
  EXPECT_THROW(bad.get(), std::logic_error);
  EXPECT_EQ(good.get(), 9);
}

TEST_F(thread_pools, progress_counts_items) {
  thread_pool pool(1);
  gate busy(pool, 1);
  auto results = pool.map_async(square, std::views::iota(0, 500));
  pool_progress now = pool.progress();
  EXPECT_EQ(now.queued, 500u);
  EXPECT_EQ(now.running, 1u);
  EXPECT_EQ(now.total(), 501u);
  busy.open();
  results.get();
  now = pool.progress();
  EXPECT_EQ(now.done, 501u);
  EXPECT_EQ(now.running + now.queued, 0u);
}

TEST_F(thread_pools, sizes) {
  EXPECT_GE(thread_pool().size(), 1);
  EXPECT_THROW(thread_pool(0), argument_error);
  EXPECT_THROW(thread_pool(-1), argument_error);
}

TEST_F(thread_pools, tasks_wait_for_tasks_of_their_own_pool) {
  thread_pool pool(2);
  const auto fibonacci = [&pool](const auto& self, int n) -> int {
    if (n < 2) return n;
    auto one = pool.apply_async([&] { return self(self, n - 1); });
    const int two = self(self, n - 2);
    return one.get() + two;
  };
  EXPECT_EQ(pool.apply([&] { return fibonacci(fibonacci, 12); }), 144);
  const auto nested = pool.map(
      [&](int n) {
        const auto inner = pool.map(square, std::views::iota(0, n));
        int sum = std::accumulate(inner.begin(), inner.end(), 0);
        for (const int s : pool.imap(square, std::views::iota(0, n))) sum += s;
        return sum;
      },
      std::views::iota(0, 20));
  EXPECT_EQ(nested[4], 28);
}

TEST_F(thread_pools, as_many_threads_as_the_pool_has) {
  thread_pool pool(4);
  std::set<std::thread::id> seen;
  for (const auto id : pool.map([](int) { return std::this_thread::get_id(); },
                                std::views::iota(0, 50), {.chunk_size = 1})) {
    seen.insert(id);
  }
  EXPECT_LE(seen.size(), 4u);
}

TEST_F(thread_pools, several_threads_use_one_pool) {
  thread_pool pool(3);
  std::vector<std::thread> users;
  for (int u = 0; u < 4; ++u) {
    users.emplace_back([&pool, u] {
      for (int round = 0; round < 20; ++round) {
        EXPECT_EQ(pool.apply(square, u), u * u);
        const auto mapped = pool.map(square, std::views::iota(0, 50));
        EXPECT_EQ(mapped.back(), 49 * 49);
        int sum = 0;
        for (const int n : pool.imap_unordered(square, std::views::iota(0, 20))) sum += n;
        EXPECT_EQ(sum, 2470);
      }
    });
  }
  for (auto& user : users) user.join();
}

}  // namespace
}  // namespace cohort::test
