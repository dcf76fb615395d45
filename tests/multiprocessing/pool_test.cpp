// Pools of processes: results, errors, callbacks, what is sent and how, and the end.
#include <cohort/archive.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/pool.hpp>
#include <cohort/multiprocessing/queue.hpp>

#include "multiprocessing/mailbox.hpp"
#include "multiprocessing/process_fixture.hpp"
#include "runtime/system.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <numeric>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;

class pools : public process_test {};

int square(int n) {
  return n * n;
}
int pid_of_worker(int) {
  return ::getpid();
}
int odd_only(int n) {
  if (n % 2 == 0) throw std::runtime_error(std::to_string(n));
  return n;
}

// Long chunks stand in blocks of their own; a worker that begins late leaves those of others alone.
TEST_F(pools, long_chunks_while_workers_begin) {
  for (const std::size_t chunk : {std::size_t{33'334}, std::size_t{100'000}}) {
    cohort::pool workers(4);
    for (int round = 0; round < 20; ++round) {
      const std::vector<int> same =
          workers.map([](int i) { return i; }, std::views::iota(0, 100'000), {.chunk_size = chunk});
      for (int i = 0; i < 100'000; ++i) ASSERT_EQ(same.at(static_cast<std::size_t>(i)), i);
    }
  }
}

TEST_F(pools, map_gives_results_in_order) {
  pool five(5);
  EXPECT_EQ(five.map(square, std::vector{1, 2, 3}), (std::vector{1, 4, 9}));
  auto later = five.map_async(square, std::vector{3, 5, 7, 11});
  five.close();
  five.join();
  EXPECT_EQ(later.get(), (std::vector{9, 25, 49, 121}));
}

TEST_F(pools, apply_runs_elsewhere) {
  pool four(4);
  std::set<int> workers;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(four.apply(square, i), i * i);
    workers.insert(four.apply(pid_of_worker, i));
  }
  EXPECT_FALSE(workers.contains(::getpid()));
  std::vector<future<int>> several;
  for (int i = 0; i < 10; ++i) several.push_back(four.apply_async(square, i));
  four.close();
  four.join();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(several[static_cast<std::size_t>(i)].get(), i * i);
}

TEST_F(pools, tasks_of_several_workers_overlap) {
  pool two(2);
  queue<int> there, back;
  // Each waits for the other.
  auto first = two.apply_async(
      [](queue<int> out, queue<int> in) {
        out.put(1);
        return in.get();
      },
      there, back);
  auto second = two.apply_async(
      [](queue<int> in, queue<int> out) {
        const int got = in.get();
        out.put(2);
        return got;
      },
      there, back);
  EXPECT_EQ(first.get(), 2);
  EXPECT_EQ(second.get(), 1);
}

TEST_F(pools, have_no_more_workers_than_asked_for) {
  pool four(4);
  EXPECT_EQ(four.size(), 4);
  const auto workers = four.map(pid_of_worker, std::views::iota(0, 50), {.chunk_size = 1});
  EXPECT_LE(std::set<int>(workers.begin(), workers.end()).size(), 4u);
}

TEST_F(pools, have_a_worker_for_each_processor_by_default) {
  pool all;
  EXPECT_EQ(all.size(), static_cast<int>(runtime::usable_processors()));
  EXPECT_THROW(all.join(), usage_error);
  EXPECT_THROW(pool(0), argument_error);
}

TEST_F(pools, chunks_of_all_sizes_give_the_same) {
  pool two(2);
  const auto items = std::views::iota(0, 1000);
  std::vector<int> expected(1000);
  std::transform(items.begin(), items.end(), expected.begin(), square);
  for (const std::size_t size : {0u, 1u, 7u, 999u, 1000u, 5000u}) {
    EXPECT_EQ(two.map(square, items, {.chunk_size = size}), expected) << size;
  }
  EXPECT_TRUE(two.map(square, std::vector<int>()).empty());
}

TEST_F(pools, imap_gives_results_lazily) {
  pool two(2);
  int read = 0;
  auto endless = std::views::iota(0) | std::views::transform([&](int n) {
                   ++read;
                   return n;
                 });
  auto squares = two.imap(square, endless, {.chunk_size = 2, .look_ahead = 8});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(squares.next(), i * i);
  EXPECT_LE(read, 110);
  std::set<int> found;
  for (int n : two.imap_unordered(square, std::views::iota(0, 100))) found.insert(n);
  EXPECT_EQ(found.size(), 100u);
}

TEST_F(pools, starmap_spreads_the_parts) {
  pool two(2);
  const std::vector<std::pair<int, std::string>> items{{2, "a"}, {3, "b"}};
  const auto repeated = two.starmap(
      [](int n, const std::string& s) {
        std::string all;
        for (int i = 0; i < n; ++i) all += s;
        return all;
      },
      items);
  EXPECT_EQ(repeated, (std::vector<std::string>{"aa", "bbb"}));
  const std::vector<std::tuple<int, int>> numbers{{1, 2}, {3, 4}};
  EXPECT_EQ(two.starmap([](int a, int b) { return a + b; }, numbers), (std::vector{3, 7}));
}

TEST_F(pools, take_functions_of_all_kinds) {
  pool two(2);
  EXPECT_EQ(two.apply(&std::string::size, std::string("four")), 4u);
  EXPECT_EQ(two.apply(bind([](int a, int b) { return a - b; }, 10), 3), 7);
  EXPECT_EQ(
      two.map(bind([](double scale, double x) { return scale * x; }, 2.5), std::vector{1.0, 2.0}),
      (std::vector{2.5, 5.0}));
  EXPECT_EQ(
      two.apply([](const std::string& text,
                   const std::vector<int>& list) { return text + std::to_string(list.size()); },
                "list of ", std::span<const int>(std::vector{1, 2, 3})),
      "list of 3");
  two.apply([] {});
  two.map([](int) {}, std::vector{1, 2, 3});
}

TEST_F(pools, remember_many_functions) {
  pool one(1);
  // More than a worker keeps, by turns.
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 40; ++i) {
      const auto sums = one.map(bind([](int a, int b) { return a + b; }, i), std::vector{1, 2});
      EXPECT_EQ(sums, (std::vector{i + 1, i + 2}));
    }
    EXPECT_EQ(one.apply(square, 5), 25);
    EXPECT_EQ(one.apply(odd_only, 5), 5);
  }
}

TEST_F(pools, send_long_arguments_and_results) {
  pool two(2);
  for (const std::size_t bytes : {0u, 4095u, 4096u, 20'000u, 70'000u, 3'000'000u}) {
    const std::vector<std::string> texts(5, std::string(bytes, 'x'));
    EXPECT_TRUE(two.map([](std::string s) { return s; }, texts, {.chunk_size = 2}) == texts)
        << bytes;
  }
  // Together longer than what a worker keeps before it sends.
  const auto lists = two.map([](int n) { return std::vector<int>(1000, n); },
                             std::views::iota(0, 200), {.chunk_size = 100});
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(lists[static_cast<std::size_t>(i)], std::vector<int>(1000, i));
  }
}

TEST_F(pools, errors_surface_at_their_item) {
  pool two(2);
  for (const std::size_t chunk : {1u, 3u, 10u}) {
    auto results = two.imap(odd_only, std::views::iota(0, 10), {.chunk_size = chunk});
    for (int i = 0; i < 10; ++i) {
      if (i % 2 == 0) {
        EXPECT_THROW(results.next(), std::runtime_error) << i;
      } else {
        EXPECT_EQ(results.next(), i);
      }
    }
  }
  EXPECT_THROW(two.map(odd_only, std::views::iota(0, 10)), std::runtime_error);
}

struct unheard_of {};
class own_error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

TEST_F(pools, errors_keep_what_they_were) {
  pool one(1);
  try {
    one.apply([] { throw std::out_of_range("too far"); });
    FAIL();
  } catch (const std::out_of_range& e) {
    EXPECT_STREQ(e.what(), "too far");
    try {
      std::rethrow_if_nested(e);
      FAIL();
    } catch (const remote_error& origin) {
      EXPECT_NE(origin.process().find("worker-"), std::string::npos) << origin.process();
    }
  }
  try {
    one.apply([] { throw own_error("mine"); });
    FAIL();
  } catch (const remote_error& e) {
    EXPECT_NE(e.type().find("own_error"), std::string::npos) << e.type();
    EXPECT_EQ(e.text(), "mine");
  }
  try {
    one.apply([] { throw std::system_error(ENOENT, std::generic_category()); });
    FAIL();
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code(), std::errc::no_such_file_or_directory);
  }
  try {
    one.apply([] {
      try {
        throw own_error("inner");
      } catch (...) {
        std::throw_with_nested(own_error("outer"));
      }
    });
    FAIL();
  } catch (const remote_error& e) {
    EXPECT_NE(e.trace().find("inner"), std::string::npos) << e.trace();
  }
  EXPECT_THROW(one.apply([] { throw unheard_of(); }), remote_error);
  EXPECT_EQ(one.apply(square, 3), 9);
}

// Fails to be written, or to be read, where it says so.
struct fragile {
  int value = 0;
  bool breaks_writing = false;
  bool breaks_reading = false;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    if (Archive::is_saving::value && breaks_writing) throw std::runtime_error("not written");
    archive& value& breaks_writing& breaks_reading;
    if (Archive::is_loading::value && breaks_reading) throw std::runtime_error("not read");
  }
};

TEST_F(pools, what_cannot_be_sent_fails_its_task_only) {
  pool two(2);
  std::vector<fragile> items(6);
  for (int i = 0; i < 6; ++i) items[static_cast<std::size_t>(i)].value = i;
  items[2].breaks_writing = true;
  items[4].breaks_reading = true;
  for (const std::size_t chunk : {1u, 6u}) {
    auto values = two.imap([](const fragile& f) { return f.value; }, items, {.chunk_size = chunk});
    for (int i = 0; i < 6; ++i) {
      if (i == 2 || i == 4) {
        EXPECT_THROW(values.next(), std::runtime_error) << i;
      } else {
        EXPECT_EQ(values.next(), i);
      }
    }
  }
  // Results.
  for (const std::size_t chunk : {1u, 6u}) {
    auto made = two.imap(
        [](int n) {
          return fragile{n, n == 1, n == 3};
        },
        std::views::iota(0, 6), {.chunk_size = chunk});
    for (int i = 0; i < 6; ++i) {
      if (i == 1 || i == 3) {
        EXPECT_THROW(made.next(), std::runtime_error) << i;
      } else {
        EXPECT_EQ(made.next()->value, i);
      }
    }
  }
}

TEST_F(pools, callbacks_run_here) {
  pool four(4);
  std::vector<int> heard;
  const int here = ::getpid();
  std::vector<future<int>> results;
  for (int i = 0; i < 5; ++i) {
    results.push_back(four.apply_async(square, i).on_value([&heard, here](int n) {
      EXPECT_EQ(::getpid(), here);
      heard.push_back(n);
    }));
  }
  wait_all(results);
  std::sort(heard.begin(), heard.end());
  EXPECT_EQ(heard, (std::vector{0, 1, 4, 9, 16}));
}

TEST_F(pools, a_callback_that_throws_shows_in_get) {
  pool one(1);
  auto bad = one.apply_async(square, 2).on_value([](int) { throw own_error("callback"); });
  EXPECT_THROW(bad.get(), own_error);
  EXPECT_EQ(one.apply(square, 3), 9);
}

TEST_F(pools, a_callback_may_wait_for_other_tasks) {
  pool one(1);
  int inner = 0;
  auto outer = one.apply_async(square, 2).on_value([&](int n) { inner = one.apply(square, n); });
  EXPECT_EQ(outer.get(), 4);
  EXPECT_EQ(inner, 16);
}

TEST_F(pools, continuations_follow) {
  pool two(2);
  auto text = two.apply_async(square, 3).then([](int n) { return std::to_string(n); });
  EXPECT_EQ(text.get(), "9");
}

TEST_F(pools, get_has_a_deadline) {
  pool one(1);
  queue<int> go;
  auto result = one.apply_async([](queue<int> wait) { return wait.get(); }, go);
  EXPECT_THROW(result.get(within(10ms)), timeout_error);
  go.put(7);
  EXPECT_EQ(result.get(), 7);
}

TEST_F(pools, several_threads_may_use_one) {
  pool two(2);
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        if (two.apply(square, t * 50 + i) == (t * 50 + i) * (t * 50 + i)) ++right;
      }
      const auto many = two.map(square, std::views::iota(0, 500));
      if (many[499] == 499 * 499) ++right;
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(right, 4 * 51);
}

TEST_F(pools, wait_first_over_two_pools) {
  pool slow(1), fast(1);
  queue<int> go;
  std::vector<future<int>> results;
  results.push_back(slow.apply_async([](queue<int> wait) { return wait.get(); }, go));
  results.push_back(fast.apply_async(square, 5));
  EXPECT_EQ(wait_first(results), 1u);
  go.put(1);
  EXPECT_EQ(results[0].get(), 1);
}

TEST_F(pools, count_what_they_do) {
  pool two(2);
  two.map([](int n) { return n; }, std::views::iota(0, 100));
  EXPECT_EQ(two.progress().done, 100u);
  EXPECT_EQ(two.progress().total(), 100u);
}

TEST_F(pools, queues_go_to_workers) {
  pool two(2);
  queue<std::string> said;
  std::vector<future<void>> results;
  for (int i = 0; i < 4; ++i) {
    results.push_back(
        two.apply_async([](queue<std::string> to, int n) { to.put(std::to_string(n)); }, said, i));
  }
  wait_all(results);
  std::set<std::string> heard;
  for (int i = 0; i < 4; ++i) heard.insert(said.get());
  EXPECT_EQ(heard.size(), 4u);
}

int initial = 0;

TEST_F(pools, an_initializer_runs_in_each_worker) {
  pool two(
      2, {}, [](int a, int b) { initial = a * b; }, 6, 7);
  EXPECT_EQ(two.map([](int) { return initial; }, std::views::iota(0, 20), {.chunk_size = 1}),
            std::vector<int>(20, 42));
  EXPECT_EQ(initial, 0);
}

TEST_F(pools, an_initializer_that_fails_breaks_the_pool) {
  pool two(
      2, {}, [](const std::string& why) { throw std::invalid_argument(why); }, "no database");
  auto result = two.apply_async(square, 1);
  try {
    result.get();
    FAIL();
  } catch (const closed_error& e) {
    EXPECT_NE(std::string(e.what()).find("no database"), std::string::npos) << e.what();
    EXPECT_THROW(std::rethrow_if_nested(e), std::invalid_argument);
  }
  EXPECT_THROW(two.map(square, std::vector{1, 2}), closed_error);
  two.close();
  two.join();
}

TEST_F(pools, closed_ones_refuse) {
  pool one(1);
  EXPECT_THROW(one.join(), usage_error);
  one.close();
  EXPECT_THROW(one.apply(square, 1), closed_error);
  EXPECT_THROW(one.map(square, std::vector{1}), closed_error);
  one.join();
  one.join();
}

TEST_F(pools, terminate_cancels_all) {
  pool two(2);
  std::vector<future<void>> results;
  for (int i = 0; i < 10; ++i) {
    results.push_back(two.apply_async([] {
      for (;;) ::pause();
    }));
  }
  two.terminate();
  two.join();
  for (auto& each : results) EXPECT_THROW(each.get(), cancelled_error);
}

TEST_F(pools, leaving_the_scope_ends_workers_that_do_not_want_to) {
  const mailbox box;
  {
    pool one(1);
    auto never = one.apply_async(
        [](const std::string& to) {
          ::signal(SIGTERM, SIG_IGN);
          tell(to, "ready");
          for (;;) ::pause();
        },
        box.path());
    EXPECT_EQ(box.line(), "ready");
  }
}

TEST_F(pools, a_daemon_has_none) {
  pool one(1);
  EXPECT_THROW(one.apply([] { pool inner(1); }), remote_error);
}

}  // namespace
}  // namespace cohort::test
