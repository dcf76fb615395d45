// Persistent requests: send_init and recv_init, started many times, waited for in every way, and
// misused.
#include "support/ranked.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace cohort::test {

namespace {

constexpr std::size_t lengths[] = {0, 1, 12, 13, 5000, 100'000};  // of ints
constexpr int rounds = 20;

}  // namespace

RANKED_TEST(persistent, halo_exchange_many_times) {
  for (const std::size_t length : lengths) {
    std::vector<int> out(length);
    std::vector<int> in(length);
    std::vector<request> halo;
    halo.push_back(world.recv_init(left_of(world), 1, std::span(in)));
    halo.push_back(world.send_init(right_of(world), 1, std::span<const int>(out)));
    for (int round = 0; round < rounds; ++round) {
      out.assign(length, world.rank() + round);
      for (request& r : halo) r.start();
      wait_all(halo);
      EXPECT_EQ(in, std::vector<int>(length, left_of(world) + round));
    }
  }
}

RANKED_TEST(persistent, meets_ordinary_calls) {
  int out = 0;
  int in = 0;
  request sending = world.send_init(right_of(world), 1, std::span<const int, 1>(&out, 1));
  request receiving = world.recv_init(any_source, any_tag, std::span<int, 1>(&in, 1));
  for (int round = 0; round < rounds; ++round) {
    out = round;
    sending.start();
    EXPECT_EQ(world.recv<int>(left_of(world), 1), round);
    sending.wait();
    receiving.start();
    world.send(right_of(world), round, -round);
    const status facts = receiving.wait();
    EXPECT_EQ(facts.tag(), round);
    EXPECT_EQ(facts.source(), left_of(world));
    EXPECT_EQ(in, -round);
  }
}

RANKED_TEST(persistent, inactive_until_started) {
  std::array<int, 1> room{};
  request receiving = world.recv_init(left_of(world), 1, std::span(room));
  EXPECT_FALSE(receiving.active());
  receiving.wait();  // nothing is under way
  EXPECT_TRUE(receiving.test().has_value());
  world.send(right_of(world), 1, 5);
  EXPECT_EQ(world.recv<int>(left_of(world), 1), 5) << "it was never started";
  receiving.start();
  EXPECT_TRUE(receiving.active());
  EXPECT_THROW(receiving.start(), request_error) << "it is active";
  world.send(right_of(world), 1, 6);
  receiving.wait();
  EXPECT_EQ(room[0], 6);
  EXPECT_FALSE(receiving.active());
}

RANKED_TEST(persistent, only_these_can_be_started) {
  request receiving = world.irecv(left_of(world), 1);
  EXPECT_THROW(receiving.start(), request_error);
  world.send(right_of(world), 1);
  receiving.wait();
  EXPECT_THROW(receiving.start(), request_error);
}

RANKED_TEST(persistent, cancelled_and_started_again) {
  std::array<int, 1> room{-1};
  request receiving = world.recv_init(left_of(world), 1, std::span(room));
  receiving.start();
  receiving.cancel();
  EXPECT_TRUE(receiving.wait().cancelled());
  world.barrier();
  receiving.start();
  world.send(right_of(world), 1, 9);
  EXPECT_FALSE(receiving.wait().cancelled());
  EXPECT_EQ(room[0], 9);
}

RANKED_TEST(persistent, failed_and_started_again) {
  std::array<int, 1> room{-1};
  request receiving = world.recv_init(left_of(world), 1, std::span(room));
  receiving.start();
  world.send(right_of(world), 1, 2.5);
  EXPECT_THROW(receiving.wait(), type_error);
  EXPECT_EQ(world.recv<double>(left_of(world), 1), 2.5);
  receiving.start();
  world.send(right_of(world), 1, 25);
  receiving.wait();
  EXPECT_EQ(room[0], 25);
}

RANKED_TEST(persistent, dropped_in_each_state) {
  std::vector<int> out(100'000, world.rank());
  std::vector<int> in(100'000);
  { const request never_started = world.recv_init(left_of(world), 1, std::span(in)); }
  {
    request started = world.recv_init(left_of(world), 1, std::span(in));
    started.start();
  }
  world.barrier();
  {
    std::vector<int> borrowed = out;
    request started = world.send_init(right_of(world), 1, std::span<const int>(borrowed));
    started.start();
  }
  EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), 1),
            std::vector<int>(100'000, left_of(world)));
  world.barrier();
}

RANKED_TEST(persistent, with_nobody) {
  std::array<int, 1> room{3};
  { const request was_there_before = world.send_init(right_of(world), 1, std::span(room)); }
  request receiving = world.recv_init(null_rank, 1, std::span(room));
  request sending = world.send_init(null_rank, 1, std::span<const int>(room));
  for (int round = 0; round < 3; ++round) {
    receiving.start();
    sending.start();
    const status facts = receiving.wait();
    EXPECT_EQ(facts.source(), null_rank);
    EXPECT_EQ(facts.bytes(), 0u);
    sending.wait();
  }
  EXPECT_EQ(room[0], 3);
}

}  // namespace cohort::test
