// The one wait of an endpoint: ranks that sleep at once, and several threads that wait in one rank.
// A missed wake-up is a hang, which the watchdog ends.
#include "runtime/local_job.hpp"
#include "runtime/time_limit.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace cohort::test {
namespace {

using runtime::wait_policy;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
constexpr int laps_factor = 1;
#else
constexpr int laps_factor = 10;
#endif

struct variant {
  wait_policy wait;
  bool membarrier;
  const char* name;
};

class waiting : public testing::TestWithParam<variant> {
 protected:
  runtime::settings chosen() const {
    runtime::settings s;
    s.wait = GetParam().wait;
    s.membarrier = GetParam().membarrier;
    s.spin_microseconds = 20;
    return s;
  }
  time_limit limit_;
};

TEST_P(waiting, a_token_goes_round) {
  constexpr std::uint32_t ranks = 3;
  static constexpr int laps = 1000 * laps_factor;
  local_job job(ranks, chosen(), threading::serialized);
  std::vector<local_job::task> tasks;
  for (std::uint32_t rank = 0; rank < ranks; ++rank) {
    tasks.push_back({rank, [](const communicator& world) {
                       const int next = (world.rank() + 1) % world.size();
                       const int before = (world.rank() + world.size() - 1) % world.size();
                       for (int lap = 0; lap < laps; ++lap) {
                         if (world.rank() == 0) world.send(next, 1, lap);
                         EXPECT_EQ(world.recv<int>(before, 1), lap);
                         if (world.rank() != 0) world.send(next, 1, lap);
                       }
                     }});
  }
  job.run(tasks);
}

TEST_P(waiting, a_flood_meets_a_receiver_that_sleeps_now_and_then) {
  static constexpr int messages = 5000 * laps_factor;
  local_job job(2, chosen(), threading::serialized);
  job.run({{0,
            [](const communicator& world) {
              std::vector<double> values(300, 1.0);
              for (int i = 0; i < messages; ++i) {
                if (i % 3 == 0)
                  world.send(1, 1, values);
                else
                  world.send(1, 1, i);
              }
              EXPECT_EQ(world.recv<int>(1, 2), messages);
            }},
           {1, [](const communicator& world) {
              for (int i = 0; i < messages; ++i) {
                if (i % 3 == 0) {
                  EXPECT_EQ(world.recv<std::vector<double>>(0, 1).size(), 300u);
                } else {
                  EXPECT_EQ(world.recv<int>(any_source, 1), i);
                }
              }
              world.send(0, 2, messages);
            }}});
}

// Every thread of rank 0 has a partner of its own in rank 1, and all share one wire and one bell.
TEST_P(waiting, threads_of_one_rank_wait_for_different_things) {
  constexpr int pairs = 4;
  static constexpr int laps = 100 * laps_factor;
  local_job job(2, chosen(), threading::multiple);
  std::vector<local_job::task> tasks;
  for (std::uint32_t rank = 0; rank < 2; ++rank) {
    for (int pair = 0; pair < pairs; ++pair) {
      tasks.push_back({rank, [pair](const communicator& world) {
                         const int other = 1 - world.rank();
                         for (int lap = 0; lap < laps; ++lap) {
                           const std::size_t length = lap % 10 == 0 ? 40'000 : 5;
                           const std::vector<int> mine(length, lap + pair);
                           if (world.rank() == 0) world.send(other, pair, mine);
                           EXPECT_EQ(world.recv<std::vector<int>>(other, pair), mine);
                           if (world.rank() == 1) world.send(other, pair, mine);
                         }
                       }});
    }
  }
  job.run(tasks);
}

// One thread sleeps in a receive that the other thread's work, in the same rank, makes possible:
// the sleeper must not keep the other from being woken, from being served, or from sending.
TEST_P(waiting, a_thread_that_sleeps_for_long_holds_up_no_other) {
  static constexpr int laps = 50 * laps_factor;
  local_job job(2, chosen(), threading::multiple);
  job.run({{0, [](const communicator& world) { EXPECT_EQ(world.recv<int>(1, 9), 42); }},
           {0,
            [](const communicator& world) {
              const std::vector<int> large(200'000, 1);
              for (int lap = 0; lap < laps; ++lap) {
                for (int i = 0; i < 200; ++i) world.send(1, 1, i);  // more than a ring holds
                world.ssend(1, 2, large);
                EXPECT_EQ(world.recv<std::vector<int>>(1, 3), large);
              }
            }},
           {1, [](const communicator& world) {
              for (int lap = 0; lap < laps; ++lap) {
                for (int i = 0; i < 200; ++i) EXPECT_EQ(world.recv<int>(0, 1), i);
                const auto large = world.recv<std::vector<int>>(0, 2);
                world.ssend(0, 3, large);
              }
              world.send(0, 9, 42);
            }}});
}

INSTANTIATE_TEST_SUITE_P(policies, waiting,
                         testing::Values(variant{wait_policy::sleep, true, "sleep"},
                                         variant{wait_policy::sleep, false, "sleep_with_fences"},
                                         variant{wait_policy::automatic, true, "automatic"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace cohort::test
