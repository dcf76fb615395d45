// Pools of processes whose workers and tasks come to grief: deaths, cancellations, limits,
// replacements, and tasks that misbehave.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/event.hpp>
#include <cohort/multiprocessing/pool.hpp>
#include <cohort/multiprocessing/queue.hpp>

#include "multiprocessing/mailbox.hpp"
#include "multiprocessing/process_fixture.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <new>
#include <random>
#include <ranges>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;

class pool_faults : public process_test {};

int square(int n) {
  return n * n;
}
int die_at_5(int n) {
  if (n == 5) ::raise(SIGKILL);
  return n;
}
void wait_for_ever() {
  for (;;) ::pause();
}

TEST_F(pool_faults, a_death_fails_only_the_task_that_was_executed) {
  pool two(2);
  for (const std::size_t chunk : {1u, 4u, 20u}) {
    auto results = two.imap(die_at_5, std::views::iota(0, 20), {.chunk_size = chunk});
    for (int i = 0; i < 20; ++i) {
      if (i == 5) {
        try {
          results.next();
          ADD_FAILURE();
        } catch (const process_failed& e) {
          EXPECT_NE(std::string(e.what()).find("signal 9"), std::string::npos) << e.what();
        }
      } else {
        EXPECT_EQ(results.next(), i) << chunk;
      }
    }
  }
}

TEST_F(pool_faults, results_of_any_length_before_a_death_are_kept) {
  pool one(1);
  for (const std::size_t bytes : {1u, 100u, 10'000u, 30'000u}) {
    auto results = one.imap(bind(
                                [](std::size_t length, int n) {
                                  if (n == 9) ::raise(SIGKILL);
                                  return std::string(length, static_cast<char>('a' + n));
                                },
                                bytes),
                            std::views::iota(0, 12), {.chunk_size = 12});
    for (int i = 0; i < 12; ++i) {
      if (i == 9) {
        EXPECT_THROW(results.next(), process_failed);
      } else {
        EXPECT_EQ(results.next(), std::string(bytes, static_cast<char>('a' + i)));
      }
    }
  }
}

TEST_F(pool_faults, a_task_that_is_safe_to_repeat_is_repeated) {
  pool one(1);
  queue<int> turns;
  turns.put(1);
  turns.put(2);
  const auto until_two = [](queue<int> from) {
    const int turn = from.get();
    if (turn == 1) ::raise(SIGKILL);
    return turn;
  };
  EXPECT_EQ(one.with({.retries = 1}).apply(until_two, turns), 2);
  EXPECT_THROW(one.with({.retries = 2}).apply([] { ::raise(SIGKILL); }), process_failed);
}

TEST_F(pool_faults, tasks_that_exit_fail) {
  pool one(1);
  for (int round = 0; round < 2; ++round) {
    try {
      one.apply([] { std::exit(3); });
      FAIL();
    } catch (const process_failed& e) {
      EXPECT_NE(std::string(e.what()).find("exit code 3"), std::string::npos) << e.what();
    }
    EXPECT_EQ(one.apply(square, 4), 16);
  }
}

TEST_F(pool_faults, a_forked_child_of_a_task_is_nobody) {
  pool one(1);
  // The child returns from the function, too.
  const int parts = one.apply([] {
    const pid_t child = ::fork();
    if (child > 0) {
      int status = 0;
      ::waitpid(child, &status, 0);
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    return 77;
  });
  EXPECT_EQ(parts, 0);
  EXPECT_EQ(one.apply(square, 4), 16);
  // And by an exception.
  const int thrown = one.apply([]() -> int {
    const pid_t child = ::fork();
    if (child == 0) throw std::runtime_error("in the child");
    int status = 0;
    ::waitpid(child, &status, 0);
    return 5;
  });
  EXPECT_EQ(thrown, 5);
}

TEST_F(pool_faults, a_task_may_close_all_descriptors) {
  pool one(1);
  one.apply([] {
    for (int fd = 0; fd < 1024; ++fd) ::close(fd);
  });
  EXPECT_EQ(one.apply(square, 4), 16);
  EXPECT_EQ(one.map(square, std::views::iota(0, 100)).size(), 100u);
}

TEST_F(pool_faults, a_worker_out_of_memory) {
  pool one(1);
  EXPECT_THROW(one.apply([] { std::vector<char> all(std::size_t{1} << 60); }), std::exception);
  EXPECT_THROW(one.apply([]() -> int { throw std::bad_alloc(); }), std::bad_alloc);
  EXPECT_EQ(one.apply(square, 4), 16);
}

TEST_F(pool_faults, queued_tasks_are_cancelled) {
  pool one(1);
  event begun, go;
  auto running = one.apply_async(
      [](event begins, event may_end) {
        begins.set();
        may_end.wait();
      },
      begun, go);
  begun.wait();
  std::vector<future<int>> queued;
  for (int i = 0; i < 5; ++i) queued.push_back(one.apply_async(square, i));
  EXPECT_TRUE(queued[2].cancel());
  EXPECT_THROW(queued[2].get(), cancelled_error);
  EXPECT_EQ(one.cancel_queued(), 4u);
  go.set();
  running.get();
  EXPECT_THROW(queued[0].get(), cancelled_error);
  EXPECT_EQ(one.apply(square, 4), 16);
}

TEST_F(pool_faults, running_tasks_are_cancelled) {
  const mailbox box;
  pool one(1);
  auto running = one.apply_async(
      [](const std::string& to) {
        tell(to, "running");
        wait_for_ever();
      },
      box.path());
  EXPECT_EQ(box.line(), "running");
  EXPECT_TRUE(running.cancel());
  EXPECT_THROW(running.get(), cancelled_error);
  EXPECT_EQ(one.apply(square, 4), 16);
}

TEST_F(pool_faults, a_map_is_cancelled_with_what_runs) {
  pool two(2);
  auto all = two.map_async([](int) { wait_for_ever(); }, std::views::iota(0, 10));
  EXPECT_THROW(all.get(within(20ms)), timeout_error);
  EXPECT_TRUE(all.cancel());
  EXPECT_THROW(all.get(), cancelled_error);
  EXPECT_EQ(two.apply(square, 4), 16);
}

TEST_F(pool_faults, hard_limits_end_tasks) {
  pool two(2);
  EXPECT_THROW(two.with({.hard_limit = 50ms}).apply(wait_for_ever), timeout_error);
  // Each item of a chunk has its own time.
  auto results = two.with({.hard_limit = 300ms})
                     .imap(
                         [](int n) {
                           if (n == 3) wait_for_ever();
                           return n;
                         },
                         std::views::iota(0, 8), {.chunk_size = 8});
  for (int i = 0; i < 8; ++i) {
    if (i == 3) {
      EXPECT_THROW(results.next(), timeout_error);
    } else {
      EXPECT_EQ(results.next(), i);
    }
  }
}

TEST_F(pool_faults, soft_limits_are_seen_by_tasks) {
  pool one(1);
  EXPECT_TRUE(one.with({.soft_limit = 10ms}).apply([] {
    while (!this_task::cancelled()) {
    }
    return true;
  }));
  EXPECT_FALSE(one.apply([] { return this_task::cancelled(); }));
  EXPECT_FALSE(this_task::cancelled());
}

int pid_of_worker(int) {
  return ::getpid();
}

TEST_F(pool_faults, workers_are_replaced_after_so_many_tasks) {
  pool one(1, {.tasks_per_worker = 5});
  const auto pids = one.map(pid_of_worker, std::views::iota(0, 20), {.chunk_size = 1});
  EXPECT_EQ(std::set<int>(pids.begin(), pids.end()).size(), 4u);
}

TEST_F(pool_faults, workers_are_replaced_after_so_much_memory) {
  pool one(1, {.memory_per_worker = 64 * 1024 * 1024});
  const auto hoard = [](int) {
    constexpr std::size_t much = 80 * 1024 * 1024;
    auto* kept = new std::vector<char>(much, 'x');
    return kept->size() == much ? ::getpid() : 0;
  };
  const int first = one.apply(hoard, 0);
  EXPECT_NE(one.apply(pid_of_worker, 0), first);
}

TEST_F(pool_faults, an_idle_worker_that_dies_is_replaced) {
  pool one(1);
  const int first = one.apply(pid_of_worker, 0);
  ::kill(first, SIGKILL);
  wait_for_end(first);
  EXPECT_NE(one.apply(pid_of_worker, 0), first);
}

TEST_F(pool_faults, short_tasks_do_not_wait_behind_a_long_one) {
  pool two(2);
  // So that several are given to a worker at a time.
  two.map(square, std::views::iota(0, 1000), {.chunk_size = 1});
  event go;
  std::vector<future<int>> shorts;
  auto longer = two.apply_async(
      [](event e) {
        e.wait();
        return 0;
      },
      go);
  for (int i = 0; i < 20; ++i) shorts.push_back(two.apply_async(square, i));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(shorts[static_cast<std::size_t>(i)].get(), i * i);
  go.set();
  EXPECT_EQ(longer.get(), 0);
}

TEST_F(pool_faults, initializers_that_die_break_the_pool) {
  pool two(2, {}, [] { ::raise(SIGKILL); });
  EXPECT_THROW(two.apply(square, 1), closed_error);
}

TEST_F(pool_faults, kills_at_random_moments) {
  pool three(3);
  auto calls = three.with({.retries = 1000});
  std::mt19937 random(20260101);
  const std::vector<int> expected = [] {
    std::vector<int> all;
    for (int i = 0; i < 2000; ++i) all.push_back(i * i);
    return all;
  }();
  for (int round = 0; round < 20; ++round) {
    std::atomic<bool> over{false};
    std::thread killer([&, pause = random() % 3000] {
      for (int kills = 0; kills < 3 && !over; ++kills) {
        std::this_thread::sleep_for(std::chrono::microseconds(pause));
        for (auto& each : this_process::active_children()) {
          each.kill();
          break;
        }
      }
    });
    const std::size_t chunk = round % 2 == 0 ? 1 : 0;
    std::vector<int> results;
    try {
      results = calls.map(square, std::views::iota(0, 2000), {.chunk_size = chunk});
    } catch (const process_failed& e) {
      ADD_FAILURE() << e.what();
    }
    over = true;
    killer.join();
    EXPECT_EQ(results, expected) << round;
  }
}

}  // namespace
}  // namespace cohort::test
