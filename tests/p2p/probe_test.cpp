// probe and iprobe: by source and tag, with wildcards, before and after the message is there; they
// tell of the message that the next receive gets, and leave it.
#include "support/ranked.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cohort::test {

namespace {

constexpr std::size_t lengths[] = {0, 1, 12, 13, 5000, 100'000};  // of ints

}  // namespace

RANKED_TEST(probe, tells_the_size_for_a_receive) {
  for (const std::size_t length : lengths) {
    request sending = world.isend(right_of(world), 3, std::vector<int>(length, 5));
    const status facts = world.probe(left_of(world), 3);
    EXPECT_EQ(facts.source(), left_of(world));
    EXPECT_EQ(facts.tag(), 3);
    EXPECT_EQ(facts.count<int>(), length);
    EXPECT_EQ(facts.count<double>(), std::nullopt);
    std::vector<int> received(length);
    EXPECT_EQ(world.recv(facts.source(), facts.tag(), std::span(received)).count<int>(), length);
    EXPECT_EQ(received, std::vector<int>(length, 5));
    sending.wait();
  }
}

RANKED_TEST(probe, leaves_the_message) {
  request sending = world.isend(right_of(world), 3, std::string("still there"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(world.probe().tag(), 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(world.iprobe(left_of(world), 3).has_value());
  EXPECT_EQ(world.recv<std::string>(left_of(world), 3), "still there");
  sending.wait();
  EXPECT_EQ(world.iprobe(), std::nullopt);
}

RANKED_TEST(probe, passes_over_what_does_not_match) {
  std::vector<request> sending;
  sending.push_back(world.isend(right_of(world), 1, 1));
  sending.push_back(world.isend(right_of(world), 2, 2));
  sending.push_back(world.isend(right_of(world), 2, std::vector<int>(50'000)));
  EXPECT_EQ(world.probe(left_of(world), 2).count<int>(), 1u);
  EXPECT_EQ(world.probe(any_source, 2).count<int>(), 1u);
  EXPECT_EQ(world.probe(left_of(world), any_tag).tag(), 1);
  EXPECT_EQ(world.recv<int>(left_of(world), 2), 2);
  EXPECT_EQ(world.probe(any_source, 2).count<int>(), 50'000u);
  EXPECT_EQ(world.recv<std::vector<int>>(any_source, 2).size(), 50'000u);
  EXPECT_EQ(world.recv<int>(left_of(world), 1), 1);
  wait_all(sending);
}

RANKED_TEST(probe, iprobe_without_a_message) {
  EXPECT_EQ(world.iprobe(), std::nullopt);
  EXPECT_EQ(world.iprobe(left_of(world), 3), std::nullopt);
  world.barrier();
  world.send(right_of(world), 4);
  world.barrier();  // by now the message is there
  EXPECT_EQ(world.iprobe(left_of(world), 3), std::nullopt) << "another tag";
  EXPECT_EQ(world.dup().iprobe(), std::nullopt) << "another communicator";
  ASSERT_TRUE(world.iprobe(left_of(world), 4).has_value());
  world.recv(left_of(world), 4);
  EXPECT_EQ(world.iprobe(), std::nullopt);
}

RANKED_TEST(probe, does_not_see_what_a_posted_receive_got) {
  auto receiving = world.irecv<int>(left_of(world), 4);
  world.barrier();
  world.send(right_of(world), 4, 44);
  world.barrier();
  EXPECT_EQ(world.iprobe(), std::nullopt);
  EXPECT_EQ(receiving.get(), 44);
}

RANKED_TEST(probe, from_every_rank) {
  for (int to = 0; to < world.size(); ++to) world.send(to, world.rank(), world.rank());
  std::vector<bool> seen(static_cast<std::size_t>(world.size()));
  for (int i = 0; i < world.size(); ++i) {
    const status facts = world.probe(any_source, any_tag);
    EXPECT_EQ(facts.tag(), facts.source());
    EXPECT_EQ(world.recv<int>(facts.source(), facts.tag()), facts.source());
    seen.at(static_cast<std::size_t>(facts.source())) = true;
  }
  EXPECT_EQ(seen, std::vector<bool>(static_cast<std::size_t>(world.size()), true));
}

}  // namespace cohort::test
