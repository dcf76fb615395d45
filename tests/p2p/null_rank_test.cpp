// null_rank: sends to it vanish, receives from it complete at once with nothing, in every call.
#include "support/ranked.hpp"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cohort::test {

namespace {

void expect_nobody(const status& facts) {
  EXPECT_EQ(facts.source(), null_rank);
  EXPECT_EQ(facts.bytes(), 0u);
  EXPECT_FALSE(facts.cancelled());
}

}  // namespace

RANKED_TEST(null_rank, sends_vanish) {
  const std::string text(200'000, 'x');
  world.send(null_rank, 1, text);
  world.ssend(null_rank, 1, text);
  world.send(null_rank, 1);
  world.send(null_rank, 1, std::span(text));
  world.isend(null_rank, 1, text).wait();
  EXPECT_TRUE(world.issend(null_rank, 1, text).test().has_value());
  world.barrier();
  EXPECT_EQ(world.iprobe(), std::nullopt);
}

RANKED_TEST(null_rank, receives_get_nothing) {
  int value = 5;
  std::array<int, 3> room{1, 2, 3};
  status facts;
  EXPECT_EQ(world.recv<int>(null_rank, 1, facts), 0);
  expect_nobody(facts);
  expect_nobody(world.recv(null_rank, 1, value));
  expect_nobody(world.recv(null_rank, any_tag, std::span(room)));
  expect_nobody(world.recv(null_rank, 1));
  EXPECT_EQ(value, 5);
  EXPECT_EQ(room, (std::array{1, 2, 3}));

  expect_nobody(world.irecv(null_rank, 1, value).wait());
  EXPECT_EQ(value, 5);
  auto later = world.irecv<std::string>(null_rank, 1);
  const auto tested = later.test();
  ASSERT_TRUE(tested.has_value());
  expect_nobody(*tested);
  EXPECT_EQ(later.get(), "");
  EXPECT_EQ((world.irecv<std::vector<std::string>>(null_rank, 1).get()),
            std::vector<std::string>());
}

RANKED_TEST(null_rank, receives_of_serialized_values_keep_the_object) {
  std::vector<std::string> words{"kept"};
  expect_nobody(world.recv(null_rank, 1, words));
  EXPECT_EQ(words, std::vector<std::string>{"kept"});
  expect_nobody(world.irecv(null_rank, 1, words).wait());
  EXPECT_EQ(words, std::vector<std::string>{"kept"});
}

RANKED_TEST(null_rank, probes_answer_at_once) {
  expect_nobody(world.probe(null_rank, 1));
  const auto facts = world.iprobe(null_rank, any_tag);
  ASSERT_TRUE(facts.has_value());
  expect_nobody(*facts);
  int value = 5;
  message nothing = world.mprobe(null_rank, 1);
  EXPECT_EQ(nothing.source(), null_rank);
  expect_nobody(nothing.recv(value));
  EXPECT_EQ(value, 5);
  EXPECT_TRUE(world.improbe(null_rank, 1).has_value());
}

RANKED_TEST(null_rank, patterns_at_the_edge) {
  EXPECT_EQ(exchange(world, null_rank, 7), 0);
  expect_nobody(world.sendrecv(null_rank, 1, 2, null_rank, 1, *std::make_unique<int>(3)));
}

RANKED_TEST(null_rank, is_not_in_the_way_of_others) {
  std::vector<request> requests;
  int received = 0;
  requests.push_back(world.irecv(null_rank, 1));
  requests.push_back(world.irecv(left_of(world), 1, received));
  requests.push_back(world.isend(null_rank, 1, 4));
  world.send(right_of(world), 1, 6);
  wait_all(requests);
  EXPECT_EQ(received, 6);
}

}  // namespace cohort::test
