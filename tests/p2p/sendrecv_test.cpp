// sendrecv: values and spans, of equal and of different types, of every way of travelling, with
// itself, with neighbours and with nobody.
#include "p2p/samples.hpp"
#include "support/ranked.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace cohort::test {

namespace {

constexpr std::size_t sizes[] = {0, 1, 48, 49, 1000, 64 << 10, (64 << 10) + 1, 1 << 20};

}  // namespace

RANKED_TEST(sendrecv, round_the_ring) {
  for (const std::size_t size : sizes) {
    const auto mine = static_cast<std::uint32_t>(world.rank());
    const auto lefts = static_cast<std::uint32_t>(left_of(world));
    const std::string text = world.sendrecv<std::string>(
        right_of(world), 1, sample<std::string>(mine, size), left_of(world), 1);
    EXPECT_TRUE(text == sample<std::string>(lefts, size)) << "size " << size;

    std::vector<std::string> words;
    const status facts =
        world.sendrecv(right_of(world), 2, sample<std::vector<std::string>>(mine, size),
                       left_of(world), any_tag, words);
    EXPECT_TRUE(words == sample<std::vector<std::string>>(lefts, size)) << "size " << size;
    EXPECT_EQ(facts.source(), left_of(world));
    EXPECT_EQ(facts.tag(), 2);
  }
}

RANKED_TEST(sendrecv, spans) {
  for (const std::size_t size : sizes) {
    const std::vector<char> mine(size, static_cast<char>(world.rank()));
    std::vector<char> received(size + 1, 'x');
    const status facts = world.sendrecv(right_of(world), 1, std::span<const char>(mine),
                                        left_of(world), 1, std::span(received));
    EXPECT_EQ(facts.count<char>(), size);
    received.pop_back();
    EXPECT_TRUE(received == std::vector<char>(size, static_cast<char>(left_of(world))));
  }
}

RANKED_TEST(sendrecv, different_types_and_tags) {
  const auto tag_of = [](int rank) { return 10 + rank; };
  const double received =
      world.sendrecv<double>(right_of(world), tag_of(world.rank()), 0.5 + world.rank(),
                             left_of(world), tag_of(left_of(world)));
  EXPECT_EQ(received, 0.5 + left_of(world));
  const std::vector<int> numbers = world.sendrecv<std::vector<int>>(
      right_of(world), 1, std::array{world.rank(), 2, 3}, any_source, 1);
  EXPECT_EQ(numbers, (std::vector<int>{left_of(world), 2, 3}));
}

RANKED_TEST(sendrecv, with_itself) {
  for (const std::size_t size : sizes) {
    const auto text = sample<std::string>(3, size);
    EXPECT_TRUE(world.sendrecv<std::string>(world.rank(), 1, text, world.rank(), 1) == text);
  }
}

RANKED_TEST(sendrecv, with_nobody_on_a_side) {
  const int right = world.rank() + 1 < world.size() ? world.rank() + 1 : null_rank;
  const int left = world.rank() > 0 ? world.rank() - 1 : null_rank;
  int received = -1;
  const status facts = world.sendrecv(right, 1, world.rank(), left, 1, received);
  EXPECT_EQ(facts.source(), left);
  EXPECT_EQ(received, left == null_rank ? -1 : left) << "nobody leaves the object as it was";
}

RANKED_TEST(sendrecv, meets_send_and_recv, .ranks = 2) {
  const std::vector<int> large(300'000, world.rank());
  if (world.rank() == 0) {
    EXPECT_EQ(world.sendrecv<std::vector<int>>(1, 1, large, 1, 2), std::vector<int>(300'000, 1));
  } else if (world.rank() == 1) {
    EXPECT_EQ(world.recv<std::vector<int>>(0, 1), std::vector<int>(300'000, 0));
    world.send(0, 2, large);
  }
}

RANKED_TEST(sendrecv, everybody_with_everybody) {
  for (int step = 0; step < world.size(); ++step) {
    const int to = (world.rank() + step) % world.size();
    const int from = (world.rank() + world.size() - step) % world.size();
    EXPECT_EQ(world.sendrecv<std::vector<int>>(to, step, std::vector<int>(40'000, world.rank()),
                                               from, step),
              std::vector<int>(40'000, from));
  }
}

RANKED_TEST(sendrecv, an_error_of_one_side_leaves_the_other, .ranks = 2) {
  // The receive does not suit. The message is kept, and ours arrives.
  request sending = world.isend(right_of(world), 1, 1.5);
  EXPECT_THROW(world.sendrecv<int>(right_of(world), 2, world.rank(), left_of(world), 1),
               type_error);
  EXPECT_EQ(world.recv<double>(left_of(world), 1), 1.5);
  EXPECT_EQ(world.recv<int>(left_of(world), 2), left_of(world));
  sending.wait();
}

}  // namespace cohort::test
