// The helpers against deadlock: exchange, shift and ordered, with messages too long to be buffered,
// at the edges, and with exceptions.
#include "support/ranked.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace cohort::test {

namespace {

constexpr std::size_t lengths[] = {0, 1, 5000, 300'000};  // of ints

}  // namespace

RANKED_TEST(patterns, exchange_with_the_partner) {
  // Neighbours 0-1, 2-3, …; the last of an odd number is its own partner.
  const int other = world.rank() ^ 1;
  const int partner = other < world.size() ? other : world.rank();
  for (const std::size_t length : lengths) {
    EXPECT_EQ(exchange(world, partner, std::vector<int>(length, world.rank())),
              std::vector<int>(length, partner));
  }
  EXPECT_EQ(exchange(world, partner, std::to_string(world.rank()), 9), std::to_string(partner));
}

RANKED_TEST(patterns, exchange_across_the_whole_job) {
  const int partner = world.size() - 1 - world.rank();
  EXPECT_EQ(exchange(world, partner, world.rank()), partner);
}

RANKED_TEST(patterns, shift_by_every_distance) {
  const int size = world.size();
  for (int by = -2 * size; by <= 2 * size; ++by) {
    const int from = ((world.rank() - by) % size + size) % size;
    EXPECT_EQ(shift(world, world.rank(), by), from) << "by " << by;
  }
  EXPECT_EQ(shift(world, world.rank()), left_of(world));
}

RANKED_TEST(patterns, shift_of_long_values) {
  for (const std::size_t length : lengths) {
    EXPECT_EQ(shift(world, std::vector<int>(length, world.rank()), -1, 4),
              std::vector<int>(length, right_of(world)));
  }
}

RANKED_TEST(patterns, ordered_runs_one_after_the_other) {
  // Each tells rank 0, inside its turn, so the messages come in the order of the turns.
  ordered(world, [&] { world.send(0, 20, world.rank()); });
  if (world.rank() == 0) {
    for (int rank = 0; rank < world.size(); ++rank) {
      EXPECT_EQ(world.recv<int>(any_source, 20), rank);
    }
  }
}

RANKED_TEST(patterns, ordered_returns_what_the_function_returns) {
  EXPECT_EQ(ordered(world, [&] { return std::to_string(world.rank()); }),
            std::to_string(world.rank()));
  int number = 0;
  int& same = ordered(world, [&]() -> int& { return number; });
  EXPECT_EQ(&same, &number);
}

RANKED_TEST(patterns, ordered_passes_an_exception_and_the_turn) {
  for (int thrower = 0; thrower < world.size(); ++thrower) {
    bool ran = false;
    const auto turn = [&] {
      ran = true;
      if (world.rank() == thrower) throw std::runtime_error("in the section");
    };
    if (world.rank() == thrower) {
      EXPECT_THROW(ordered(world, turn), std::runtime_error);
    } else {
      EXPECT_NO_THROW(ordered(world, turn));
    }
    EXPECT_TRUE(ran);
  }
  world.barrier();
}

RANKED_TEST(patterns, several_in_a_row_do_not_mix) {
  for (int round = 0; round < 20; ++round) {
    EXPECT_EQ(shift(world, world.rank() * 100 + round), left_of(world) * 100 + round);
    EXPECT_EQ(ordered(world, [&] { return round; }), round);
  }
}

}  // namespace cohort::test
