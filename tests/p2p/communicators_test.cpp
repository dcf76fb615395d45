// Making communicators: dup, split by every kind of colour and key, by host, by group; group
// operations; comparing; and that messages of one never meet another.
#include "support/ranked.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

// Everybody hears from everybody on this communicator, by its ranks.
void expect_works(const communicator& comm) {
  for (int to = 0; to < comm.size(); ++to) comm.send(to, 1, comm.rank());
  for (int from = comm.size(); from-- > 0;) EXPECT_EQ(comm.recv<int>(from, 1), from);
  comm.barrier();
}

// The ranks in `world` of the members of `comm`, in its order.
std::vector<int> members_of(const communicator& comm, const communicator& world) {
  std::vector<int> all(static_cast<std::size_t>(comm.size()));
  std::iota(all.begin(), all.end(), 0);
  return comm.group().translate_ranks(all, world.group());
}

std::vector<int> iota(int count, int first = 0) {
  std::vector<int> result(static_cast<std::size_t>(count));
  std::iota(result.begin(), result.end(), first);
  return result;
}

}  // namespace

RANKED_TEST(communicators, world_of_the_thread) {
  const communicator mine;
  EXPECT_EQ(mine.rank(), world.rank());
  EXPECT_EQ(mine.size(), world.size());
  EXPECT_GE(world.rank(), 0);
  EXPECT_LT(world.rank(), world.size());
  expect_works(mine);
}

RANKED_TEST(communicators, copies_are_the_same) {
  const communicator copy = world;
  EXPECT_TRUE(copy == world);
  EXPECT_EQ(copy.compare(world), comparison::identical);
  copy.send(right_of(world), 1, 5);
  EXPECT_EQ(world.recv<int>(left_of(world), 1), 5);
}

RANKED_TEST(communicators, dup_is_congruent_and_apart) {
  const communicator twin = world.dup();
  EXPECT_EQ(twin.compare(world), comparison::congruent);
  EXPECT_FALSE(twin == world);
  EXPECT_EQ(members_of(twin, world), iota(world.size()));
  world.send(right_of(world), 1, 5);
  twin.send(right_of(world), 1, 6);
  EXPECT_EQ(twin.recv<int>(any_source, any_tag), 6);
  EXPECT_EQ(world.recv<int>(any_source, any_tag), 5);
  EXPECT_THROW(twin.recv<int>(any_source, any_tag, within(1ms)), timeout_error);
  world.barrier();
  expect_works(twin);
}

RANKED_TEST(communicators, split_by_colour) {
  for (int colors = 1; colors <= world.size() + 1; ++colors) {
    const int color = world.rank() % colors;
    const communicator part = world.split(color);
    ASSERT_TRUE(part);
    std::vector<int> expected;
    for (int rank = color; rank < world.size(); rank += colors) expected.push_back(rank);
    EXPECT_EQ(members_of(part, world), expected);
    expect_works(part);
  }
}

RANKED_TEST(communicators, split_by_key) {
  const auto reversed = world.split(0, -world.rank());
  EXPECT_EQ(reversed.rank(), world.size() - 1 - world.rank());
  EXPECT_EQ(reversed.compare(world),
            world.size() == 1 ? comparison::congruent : comparison::similar);
  expect_works(reversed);

  const auto equal = world.split(0, 7);
  EXPECT_EQ(equal.rank(), world.rank()) << "equal keys go by rank";
  const auto rotated = world.split(0, (world.rank() + 1) % world.size());
  EXPECT_EQ(rotated.rank(), (world.rank() + 1) % world.size());
  expect_works(rotated);
  const auto extreme = world.split(1 << 30, world.rank() % 2 == 0 ? 0x7fffffff : -0x7fffffff);
  expect_works(extreme);
}

RANKED_TEST(communicators, split_without_some) {
  const bool in = world.rank() % 2 == 0;
  const communicator even = world.split(in ? 3 : undefined);
  EXPECT_EQ(static_cast<bool>(even), in);
  if (in) {
    EXPECT_EQ(even.size(), (world.size() + 1) / 2);
    expect_works(even);
  } else {
    EXPECT_EQ(even.compare(world), comparison::unequal);
    EXPECT_EQ(even.compare(communicator(nullptr)), comparison::identical);
  }
  const communicator nobody = world.split(undefined);
  EXPECT_FALSE(nobody);
}

RANKED_TEST(communicators, split_of_a_split) {
  const communicator half = world.split(world.rank() % 2);
  const communicator quarter = half.split(half.rank() % 2, -half.rank());
  const communicator twin = quarter.dup();
  expect_works(quarter);
  expect_works(twin);
  // Messages on all four at once, received in another order.
  const auto pass = [](const communicator& comm, int value) {
    comm.send(right_of(comm), 1, value);
  };
  pass(world, 1);
  pass(half, 2);
  pass(quarter, 3);
  pass(twin, 4);
  EXPECT_EQ(twin.recv<int>(any_source, any_tag), 4);
  EXPECT_EQ(half.recv<int>(any_source, any_tag), 2);
  EXPECT_EQ(quarter.recv<int>(any_source, any_tag), 3);
  EXPECT_EQ(world.recv<int>(any_source, any_tag), 1);
}

RANKED_TEST(communicators, split_host_has_everybody_of_this_host) {
  const communicator host = world.split_host();
  EXPECT_EQ(host.compare(world), comparison::congruent);
  expect_works(host);
}

RANKED_TEST(communicators, from_a_group) {
  const group all = world.group();
  std::vector<int> reversed = iota(world.size());
  std::reverse(reversed.begin(), reversed.end());
  const communicator back(world, all.include(reversed));
  EXPECT_EQ(back.rank(), world.size() - 1 - world.rank());
  expect_works(back);

  const communicator first(world, all.include(std::array{0}));
  EXPECT_EQ(static_cast<bool>(first), world.rank() == 0);
  if (first) expect_works(first);
  const communicator others(world, all.exclude(std::array{0}));
  EXPECT_EQ(static_cast<bool>(others), world.rank() != 0);
  if (others) {
    EXPECT_EQ(others.rank(), world.rank() - 1);
    expect_works(others);
  }
  EXPECT_FALSE(communicator(world, group()));
}

RANKED_TEST(communicators, group_operations) {
  const group all = world.group();
  const int size = world.size();
  EXPECT_EQ(all.size(), size);
  EXPECT_EQ(all.rank(), world.rank());
  const group low = all.include(iota((size + 1) / 2));
  const group high = all.include(iota(size - size / 2, size / 2));  // they may share the middle
  EXPECT_TRUE((low | high) == all);
  EXPECT_EQ((low & high).size(), size % 2);
  EXPECT_TRUE((all - low) == all.exclude(iota((size + 1) / 2)));
  EXPECT_TRUE((all - all) == group());
  EXPECT_FALSE(all - all);
  EXPECT_TRUE(all);
  EXPECT_EQ((all - low).rank().has_value(), world.rank() >= (size + 1) / 2);
  EXPECT_EQ(low.translate_ranks(std::array{0}, high).front(), size == 1 ? 0 : undefined);
  EXPECT_EQ(high.translate_ranks(std::array{0}, all).front(), size / 2);
  if (size > 1) {
    std::vector<int> reversed = iota(size);
    std::reverse(reversed.begin(), reversed.end());
    EXPECT_FALSE(all.include(reversed) == all) << "another order";
    EXPECT_TRUE((all & all.include(reversed)) == all) << "the order of the first";
  }
}

RANKED_TEST(communicators, compare) {
  EXPECT_EQ(world.compare(world), comparison::identical);
  EXPECT_EQ(world.dup().compare(world.dup()), comparison::congruent);
  const communicator self = world.split(world.rank());
  EXPECT_EQ(self.size(), 1);
  EXPECT_EQ(self.compare(world), world.size() == 1 ? comparison::congruent : comparison::unequal);
  expect_works(self);
}

RANKED_TEST(communicators, ranks_in_statuses_and_errors_are_those_of_the_communicator, .ranks = 2) {
  const communicator reversed = world.split(0, -world.rank());
  request sending = reversed.isend(right_of(reversed), 1, 1.5);
  EXPECT_EQ(reversed.probe().source(), left_of(reversed));
  try {
    reversed.recv<int>(any_source, 1);
    ADD_FAILURE() << "nothing was thrown";
  } catch (const type_error& e) {
    EXPECT_EQ(e.peer(), left_of(reversed));
    EXPECT_EQ(e.rank(), world.rank()) << "the rank in the world";
  }
  status facts;
  EXPECT_EQ(reversed.recv<double>(any_source, any_tag, facts), 1.5);
  EXPECT_EQ(facts.source(), left_of(reversed));
  sending.wait();
}

RANKED_TEST(communicators, user_messages_do_not_meet_those_of_the_library) {
  // Wildcard receives that are posted while the library exchanges messages of its own.
  auto receiving = world.irecv<int>(any_source, any_tag);
  world.barrier();
  const communicator twin = world.dup();
  world.barrier();
  EXPECT_EQ(world.iprobe(), std::nullopt);
  EXPECT_TRUE(receiving.active());
  world.send(right_of(world), 8, 88);
  EXPECT_EQ(receiving.get(), 88);
}

RANKED_TEST(communicators, many) {
  std::vector<communicator> all;
  for (int i = 0; i < 40; ++i) all.push_back(i % 2 == 0 ? world.dup() : all.back().split(0));
  for (int i = 0; i < 40; ++i) {
    all[static_cast<std::size_t>(i)].send(right_of(world), 0, i);
  }
  for (int i = 40; i-- > 0;) {
    EXPECT_EQ(all[static_cast<std::size_t>(i)].recv<int>(any_source, any_tag), i);
  }
}

RANKED_TEST(communicators, barrier_lets_nobody_pass_early) {
  // After the k-th barrier, everybody's k-th message is here.
  for (int round = 0; round < 50; ++round) {
    for (int to = 0; to < world.size(); ++to) world.send(to, round);
    world.barrier();
    for (int from = 0; from < world.size(); ++from) {
      EXPECT_TRUE(world.iprobe(from, round).has_value()) << "round " << round;
      world.recv(from, round);
    }
  }
}

}  // namespace cohort::test
