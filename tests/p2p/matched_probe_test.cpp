// Matched probes: the message is its holder's; received once, by value, into an object, into a
// span; put back where it was when the holder drops it.
#include "support/ranked.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t lengths[] = {0, 1, 12, 13, 5000, 100'000};  // of ints

}  // namespace

RANKED_TEST(matched_probe, receives_what_it_found) {
  for (const std::size_t length : lengths) {
    const std::vector<int> expected(length, left_of(world));
    request sending = world.isend(right_of(world), 3, std::vector<int>(length, world.rank()));
    message found = world.mprobe(any_source, 3);
    EXPECT_EQ(found.source(), left_of(world));
    EXPECT_EQ(found.tag(), 3);
    EXPECT_EQ(found.bytes(), length * sizeof(int));
    std::vector<int> received(found.count<int>().value());
    const status facts = found.recv(std::span(received));
    EXPECT_EQ(received, expected);
    EXPECT_EQ(facts.source(), left_of(world));
    EXPECT_EQ(facts.count<int>(), length);
    sending.wait();

    sending = world.isend(right_of(world), 3, expected);
    EXPECT_EQ(world.mprobe(left_of(world), 3).recv<std::vector<int>>().size(), length);
    sending.wait();
  }
}

RANKED_TEST(matched_probe, serialized_values) {
  const std::vector<std::string> words{"one", "two", std::string(100'000, 'x')};
  request sending = world.isend(right_of(world), 3, words);
  message found = world.mprobe();
  std::vector<std::string> received;
  found.recv(received);
  EXPECT_EQ(received, words);
  sending.wait();
}

RANKED_TEST(matched_probe, nobody_else_gets_it) {
  for (const std::size_t length : {std::size_t{1}, std::size_t{5000}, std::size_t{100'000}}) {
    request first = world.isend(right_of(world), 3, std::vector<int>(length, 1));
    request second = world.isend(right_of(world), 3, std::vector<int>(1, 2));
    message found = world.mprobe(left_of(world), 3);
    EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), 3), std::vector<int>(1, 2));
    EXPECT_EQ(world.iprobe(), std::nullopt);
    EXPECT_EQ(found.recv<std::vector<int>>(), std::vector<int>(length, 1));
    first.wait();
    second.wait();
    world.barrier();
  }
}

RANKED_TEST(matched_probe, dropped_it_goes_back_to_its_place) {
  for (const std::size_t length : {std::size_t{1}, std::size_t{5000}, std::size_t{100'000}}) {
    std::vector<request> sending;
    for (int i = 0; i < 3; ++i) {
      sending.push_back(world.isend(right_of(world), 3, std::vector<int>(length, i)));
    }
    {
      const message first = world.mprobe(left_of(world), 3);
      message second = world.mprobe(left_of(world), 3);
      const message moved = std::move(second);
    }
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(world.recv<std::vector<int>>(any_source, 3), std::vector<int>(length, i));
    }
    wait_all(sending);
  }
}

RANKED_TEST(matched_probe, keeps_what_does_not_suit) {
  request sending = world.isend(right_of(world), 3, std::vector<int>(100, 7));
  message found = world.mprobe(left_of(world), 3);
  EXPECT_THROW(found.recv<double>(), type_error);
  std::array<int, 99> room{};
  EXPECT_THROW(found.recv(std::span(room)), truncation_error);
  EXPECT_EQ(found.recv<std::vector<int>>(), std::vector<int>(100, 7));
  sending.wait();
}

RANKED_TEST(matched_probe, is_received_once) {
  world.send(right_of(world), 3, 1);
  message found = world.mprobe();
  EXPECT_EQ(found.recv<int>(), 1);
  EXPECT_THROW(found.recv<int>(), request_error);

  world.send(right_of(world), 3, 2);
  found = world.mprobe();
  message moved = std::move(found);
  EXPECT_THROW(found.recv<int>(), request_error);  // NOLINT: moved from on purpose
  EXPECT_EQ(moved.recv<int>(), 2);
}

RANKED_TEST(matched_probe, improbe) {
  EXPECT_FALSE(world.improbe().has_value());
  world.barrier();
  world.send(right_of(world), 3, 5);
  world.barrier();  // by now the message is there
  EXPECT_FALSE(world.improbe(left_of(world), 4).has_value());
  auto found = world.improbe(any_source, any_tag);
  ASSERT_TRUE(found.has_value());
  EXPECT_FALSE(world.improbe().has_value());
  EXPECT_EQ(found->recv<int>(), 5);
}

// Either the message can't be taken back any more, or its holder hears that it was; in no case does
// the holder get another message in its place.
RANKED_TEST(matched_probe, taken_back_by_its_sender) {
  for (const bool noticed : {false, true}) {
    const std::string text(200'000, 'x');
    request sending = world.issend(right_of(world), 3, text);
    message found = world.mprobe(left_of(world), 3);
    world.barrier();
    sending.cancel();
    const bool cancelled = world.sendrecv<bool>(
        right_of(world), 4, sending.test().value_or(status()).cancelled(), left_of(world), 4);
    request second = world.isend(right_of(world), 3, std::string("second"));
    if (noticed) {
      EXPECT_EQ(world.probe(left_of(world), 3).bytes(), 6u);
    }
    if (cancelled) {
      EXPECT_THROW(found.recv<std::string>(within(30s)), request_error);
    } else {
      EXPECT_EQ(found.recv<std::string>(), text);
    }
    EXPECT_EQ(world.recv<std::string>(left_of(world), 3), "second");
    if (sending.active()) sending.wait();
    second.wait();
    world.barrier();
  }
}

RANKED_TEST(matched_probe, held_over_the_end_of_its_sender, .ranks = 2) {
  if (world.rank() == 1) {
    world.send(0, 3, std::vector<int>(5000, 3));
    return;
  }
  if (world.rank() != 0) return;
  message found = world.mprobe(1, 3);
  EXPECT_EQ(found.recv<std::vector<int>>(), std::vector<int>(5000, 3));
}

}  // namespace cohort::test
