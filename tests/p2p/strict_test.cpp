// COHORT_STRICT=1: every send is synchronous. A program that leans on buffering shows its deadlock;
// one that does not works.
#include "support/ranked.hpp"

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

}  // namespace

#define STRICT_TEST(name) RANKED_TEST(strict, name, .setting = "COHORT_STRICT=1")

// Without the setting this program works, since short messages are buffered.
STRICT_TEST(sending_head_to_head_is_a_deadlock) {
  EXPECT_THROW(world.send(right_of(world), 1, 5, within(20ms)), timeout_error);
  world.barrier();
  EXPECT_THROW(world.send(right_of(world), 1, within(20ms)), timeout_error) << "an empty message";
  world.barrier();
}

STRICT_TEST(isend_ends_with_its_receive) {
  request sending = world.isend(right_of(world), 1, 5);
  world.barrier();
  EXPECT_EQ(sending.test(), std::nullopt);
  world.barrier();
  EXPECT_EQ(world.recv<int>(left_of(world), 1), 5);
  sending.wait();
}

STRICT_TEST(correct_programs_work) {
  EXPECT_EQ(world.sendrecv<int>(right_of(world), 1, world.rank(), left_of(world), 1),
            left_of(world));
  EXPECT_EQ(shift(world, std::string(100'000, 'a')).size(), 100'000u);
  EXPECT_EQ(exchange(world, world.size() - 1 - world.rank(), world.rank()),
            world.size() - 1 - world.rank());
  auto receiving = world.irecv<std::string>(left_of(world), 2);
  world.send(right_of(world), 2, "posted before");
  EXPECT_EQ(receiving.get(), "posted before");
  EXPECT_EQ(ordered(world, [&] { return world.rank(); }), world.rank());
  const communicator twin = world.dup();
  twin.barrier();
}

STRICT_TEST(persistent_requests_too) {
  std::vector<int> out(3, world.rank());
  std::vector<int> in(3);
  request sending = world.send_init(right_of(world), 1, std::span<const int>(out));
  request receiving = world.recv_init(left_of(world), 1, std::span(in));
  for (int round = 0; round < 3; ++round) {
    sending.start();
    world.barrier();
    EXPECT_EQ(sending.test(), std::nullopt);
    world.barrier();
    receiving.start();
    receiving.wait();
    sending.wait();
    EXPECT_EQ(in, std::vector<int>(3, left_of(world)));
  }
}

}  // namespace cohort::test
