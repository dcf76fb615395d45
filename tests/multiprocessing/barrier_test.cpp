// cohort::barrier: rounds, indices and actions, and everything that breaks it.
#include <cohort/multiprocessing/barrier.hpp>

#include "multiprocessing/shared_things.hpp"
#include "multiprocessing/sync/rendezvous.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <tuple>
#include <vector>

namespace {

using namespace std::chrono_literals;
namespace mp = cohort::multiprocessing;
using cohort::barrier;
using cohort::broken_barrier;
using cohort::test::acting_family;
using cohort::test::opened;
using cohort::test::parcel;

mp::rendezvous rounds_of(const acting_family::member& who, const barrier& b) {
  return {*who, opened(b).as<mp::rendezvous_state>()};
}

std::uint32_t come_in(mp::rendezvous& rounds) {
  std::uint32_t index = 0;
  EXPECT_EQ(rounds.enter(index, {}), mp::round_outcome::passed);
  return index;
}

void until_waiting(const barrier& b, int count) {
  while (b.n_waiting() != count) std::this_thread::yield();
}

class rounds : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(parties, rounds, testing::Values(1, 2, 3, 5));

TEST_P(rounds, each_index_and_action_once) {
  acting_family family;
  constexpr int count = 300;
  const int parties = GetParam();
  const barrier b(parties);
  EXPECT_EQ(b.parties(), parties);
  std::vector<std::atomic<int>> indices(static_cast<std::size_t>(parties));
  std::atomic<int> actions = 0;
  const parcel sent(b);
  family.run(std::vector<acting_family::body>(static_cast<std::size_t>(parties), [&] {
    auto [mine] = sent.open();
    for (int round = 0; round < count; ++round) {
      const int index = round % 2 == 0 ? mine.wait([&] { ++actions; }) : mine.wait();
      ++indices[static_cast<std::size_t>(index)];
      // Nobody goes on before the action of this round, nor before all have passed the one before.
      EXPECT_EQ(actions, round / 2 + 1);
      mine.wait();
    }
  }));
  for (const std::atomic<int>& each : indices) EXPECT_EQ(each, count);
  EXPECT_EQ(b.n_waiting(), 0);
}

// More come than there are parties: a round begins when the one before is empty.
TEST(barrier, more_waiters_than_parties) {
  acting_family family;
  constexpr int count = 500;
  const barrier b(2);
  const parcel sent(b);
  std::array<std::atomic<int>, 2> passed{};
  const auto body = [&] {
    auto [mine] = sent.open();
    try {
      while (passed[0] < count) ++passed[static_cast<std::size_t>(mine.wait())];
      mine.abort();
    } catch (const broken_barrier&) {
      EXPECT_GE(passed[0], count) << "broken by the one that was done";
    }
  };
  family.run({body, body, body, body});
  EXPECT_EQ(passed[0], passed[1]);
}

TEST(barrier, threads_of_one_process) {
  acting_family family;
  barrier b(2);
  std::thread other([&] { acting_family::act(family.root(), [&] { b.wait(); }); });
  b.wait();
  other.join();
  EXPECT_EQ(b.n_waiting(), 0);
}

TEST(barrier, has_parties) {
  acting_family family;
  EXPECT_THROW(barrier(0), cohort::argument_error);
  EXPECT_THROW(barrier(-1), cohort::argument_error);
}

TEST(barrier, a_late_waiter_breaks_it_for_all_until_reset) {
  acting_family family;
  barrier b(3);
  const parcel sent(b);
  family.run({[&] { EXPECT_THROW(std::get<0>(sent.open()).wait(), broken_barrier); },
              [&] {
                auto [mine] = sent.open();
                EXPECT_THROW(mine.wait(cohort::within(1ms)), broken_barrier);
              }});
  EXPECT_TRUE(b.broken());
  EXPECT_EQ(b.n_waiting(), 0);
  EXPECT_THROW(b.wait(), broken_barrier);
  b.reset();
  EXPECT_FALSE(b.broken());
  const auto body = [&] { std::get<0>(sent.open()).wait(); };
  family.run({body, body, body});
}

TEST(barrier, abort_breaks_it_for_all) {
  acting_family family;
  barrier b(3);
  const parcel sent(b);
  const auto waiter = [&] { EXPECT_THROW(std::get<0>(sent.open()).wait(), broken_barrier); };
  family.run({waiter, waiter, [&] {
                auto [mine] = sent.open();
                until_waiting(mine, 2);
                mine.abort();
                EXPECT_TRUE(mine.broken());
              }});
  EXPECT_THROW(b.wait(), broken_barrier);
}

TEST(barrier, reset_sends_the_waiters_away) {
  acting_family family;
  barrier b(2);
  const parcel sent(b);
  family.run({[&] { EXPECT_THROW(std::get<0>(sent.open()).wait(), broken_barrier); },
              [&] {
                auto [mine] = sent.open();
                until_waiting(mine, 1);
                mine.reset();
              }});
  EXPECT_FALSE(b.broken());
  const auto body = [&] { std::get<0>(sent.open()).wait(); };
  family.run({body, body});
}

TEST(barrier, an_action_that_throws_breaks_it) {
  acting_family family;
  barrier b(2);
  const parcel sent(b);
  std::atomic<int> thrown = 0;
  std::atomic<int> broken = 0;
  const auto body = [&] {
    auto [mine] = sent.open();
    try {
      mine.wait([] { throw std::domain_error("no"); });
      ADD_FAILURE() << "nobody passes";
    } catch (const std::domain_error&) {
      ++thrown;
    } catch (const broken_barrier&) {
      ++broken;
    }
  };
  family.run({body, body});
  EXPECT_EQ(thrown, 1);
  EXPECT_EQ(broken, 1);
  EXPECT_TRUE(b.broken());
  EXPECT_EQ(b.n_waiting(), 0);
}

TEST(barrier, a_dead_waiter_breaks_it) {
  acting_family family;
  barrier b(3);
  const parcel sent(b);
  const auto dead = family.join();
  mp::rendezvous its = rounds_of(dead, b);
  EXPECT_EQ(come_in(its), 0u);
  family.run({[&] { EXPECT_THROW(std::get<0>(sent.open()).wait(), broken_barrier); },
              [&] {
                until_waiting(std::get<0>(sent.open()), 2);
                family.end(dead);
              }});
  EXPECT_TRUE(b.broken());
  b.reset();
  const auto body = [&] { std::get<0>(sent.open()).wait(); };
  family.run({body, body, body});
}

TEST(barrier, a_waiter_that_dies_in_the_action_breaks_it) {
  acting_family family;
  barrier b(2);
  const parcel sent(b);
  const auto dead = family.join();
  mp::rendezvous its = rounds_of(dead, b);
  family.run({[&] { EXPECT_THROW(std::get<0>(sent.open()).wait(), broken_barrier); },
              [&] {
                until_waiting(std::get<0>(sent.open()), 1);
                EXPECT_TRUE(its.is_last(come_in(its)));
                family.end(dead);
              }});
  EXPECT_TRUE(b.broken());
}

TEST(barrier, a_waiter_that_dies_after_the_round_harms_nobody) {
  acting_family family;
  barrier b(2);
  const parcel sent(b);
  const auto dead = family.join();
  mp::rendezvous its = rounds_of(dead, b);
  EXPECT_EQ(come_in(its), 0u);
  EXPECT_EQ(b.wait(), 1);  // all have come, so this one passes; the other has not left yet
  const auto body = [&] { std::get<0>(sent.open()).wait(); };
  family.run({body, body, [&] { family.end(dead); }});
  EXPECT_FALSE(b.broken());
}

}  // namespace
