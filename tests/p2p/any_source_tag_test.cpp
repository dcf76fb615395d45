// any_source and any_tag, alone and together, in receives that are posted before and after the
// messages come, with messages of every way of travelling.
#include "p2p/samples.hpp"
#include "support/ranked.hpp"

#include <cstddef>
#include <vector>

namespace cohort::test {

namespace {

constexpr std::size_t sizes[] = {0, 40, 3000, 100'000};  // bytes of payload, by way of travelling
constexpr int rounds = 6;

// What rank `from` sends to everybody in a round: the round is the tag.
std::vector<int> contents(int from, int round) {
  return std::vector<int>(sizes[static_cast<std::size_t>(round) % 4] / sizeof(int) + 2,
                          from * 100 + round);
}

std::vector<request> send_to_all(const communicator& world) {
  std::vector<request> requests;
  for (int round = 0; round < rounds; ++round) {
    for (int to = 0; to < world.size(); ++to) {
      requests.push_back(world.isend(to, round, contents(world.rank(), round)));
    }
  }
  return requests;
}

}  // namespace

RANKED_TEST(any_source_tag, every_message_once_and_in_order_of_its_source) {
  auto requests = send_to_all(world);
  std::vector<int> next(static_cast<std::size_t>(world.size()), 0);
  for (int i = 0; i < rounds * world.size(); ++i) {
    status facts;
    const auto received = world.recv<std::vector<int>>(any_source, any_tag, facts);
    ASSERT_GE(facts.source(), 0);
    ASSERT_LT(facts.source(), world.size());
    EXPECT_EQ(facts.tag(), next[static_cast<std::size_t>(facts.source())]++);
    EXPECT_TRUE(received == contents(facts.source(), facts.tag()));
  }
  wait_all(requests);
}

RANKED_TEST(any_source_tag, any_source_takes_only_its_tag) {
  auto requests = send_to_all(world);
  for (int round = rounds; round-- > 0;) {  // against the order of sending
    std::vector<int> seen(static_cast<std::size_t>(world.size()), 0);
    for (int i = 0; i < world.size(); ++i) {
      status facts;
      const auto received = world.recv<std::vector<int>>(any_source, round, facts);
      EXPECT_EQ(facts.tag(), round);
      EXPECT_TRUE(received == contents(facts.source(), round));
      ++seen.at(static_cast<std::size_t>(facts.source()));
    }
    EXPECT_EQ(seen, std::vector<int>(static_cast<std::size_t>(world.size()), 1));
  }
  wait_all(requests);
}

RANKED_TEST(any_source_tag, any_tag_takes_only_its_source) {
  auto requests = send_to_all(world);
  for (int from = world.size(); from-- > 0;) {
    for (int round = 0; round < rounds; ++round) {
      status facts;
      const auto received = world.recv<std::vector<int>>(from, any_tag, facts);
      EXPECT_EQ(facts.source(), from);
      EXPECT_EQ(facts.tag(), round);
      EXPECT_TRUE(received == contents(from, round));
    }
  }
  wait_all(requests);
}

RANKED_TEST(any_source_tag, receives_posted_before) {
  std::vector<value_request<std::vector<int>>> receives;
  for (int i = 0; i < rounds * world.size(); ++i) {
    receives.push_back(world.irecv<std::vector<int>>(any_source, any_tag));
  }
  world.barrier();
  auto requests = send_to_all(world);
  // Messages of one source go to the receives in the order in which those were posted.
  std::vector<int> next(static_cast<std::size_t>(world.size()), 0);
  for (auto& receive : receives) {
    const status facts = receive.wait();
    EXPECT_EQ(facts.tag(), next.at(static_cast<std::size_t>(facts.source()))++);
    EXPECT_TRUE(receive.get() == contents(facts.source(), facts.tag()));
  }
  wait_all(requests);
}

RANKED_TEST(any_source_tag, the_receive_posted_first_wins) {
  const int right = right_of(world);
  const int left = left_of(world);
  auto any = world.irecv<int>(any_source, 1);
  auto named = world.irecv<int>(left, 1);
  auto any_tagged = world.irecv<int>(left, any_tag);
  world.barrier();
  world.send(right, 1, 10);
  world.send(right, 1, 11);
  world.send(right, 1, 12);
  EXPECT_EQ(any.get(), 10);
  EXPECT_EQ(named.get(), 11);
  EXPECT_EQ(any_tagged.get(), 12);

  named = world.irecv<int>(left, 2);
  any = world.irecv<int>(any_source, any_tag);
  world.barrier();
  world.send(right, 2, 20);
  world.send(right, 2, 21);
  EXPECT_EQ(named.get(), 20);
  EXPECT_EQ(any.get(), 21);
}

RANKED_TEST(any_source_tag, hears_a_sender_that_was_silent_for_long) {
  // Rank 0 waits for each of the others in turn: rings that are idle for long must not be missed.
  const int root = 0;
  for (int round = 0; round < 50; ++round) {
    const int speaker = round % world.size();
    if (world.rank() == speaker) {
      world.send(root, round, speaker);
    }
    if (world.rank() == root) {
      EXPECT_EQ(world.recv<int>(any_source, round), speaker);
    }
    world.barrier();
  }
}

}  // namespace cohort::test
