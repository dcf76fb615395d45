// The choice of how many items go to a worker at a time.
#include <cohort/multiprocessing/detail/chunk_chooser.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <limits>

namespace cohort::detail {
namespace {

constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

TEST(chunk_chooser, keeps_to_what_is_given) {
  chunk_chooser chooser(7, 4, any_number);
  chooser.measured(1, 1);
  EXPECT_EQ(chooser.next(100), 7u);
  EXPECT_EQ(chooser.next(3), 3u);
}

TEST(chunk_chooser, begins_with_single_items) {
  const chunk_chooser chooser(0, 4, any_number);
  EXPECT_EQ(chooser.next(1'000'000), 1u);
}

TEST(chunk_chooser, long_tasks_go_one_by_one) {
  chunk_chooser chooser(0, 4, any_number);
  chooser.measured(1, 50'000'000);
  EXPECT_EQ(chooser.next(1'000'000), 1u);
}

TEST(chunk_chooser, short_tasks_go_together) {
  chunk_chooser chooser(0, 4, any_number);
  chooser.measured(100, 100'000);
  EXPECT_EQ(chooser.next(1'000'000), 200u) << "of 1 us each: 200 us";
  for (int i = 0; i < 20; ++i) chooser.measured(1000, 1000);
  EXPECT_GT(chooser.next(100'000'000), 100'000u) << "times have changed";
}

TEST(chunk_chooser, the_last_chunks_are_short) {
  chunk_chooser chooser(0, 4, any_number);
  chooser.measured(1000, 1000);
  std::size_t left = 10'000;
  std::size_t before = left;
  while (left > 0) {
    const std::size_t chunk = chooser.next(left);
    ASSERT_GE(chunk, 1u);
    ASSERT_LE(chunk, left / 8 + 1) << "half a worker's share";
    ASSERT_LE(chunk, before);
    before = chunk;
    left -= chunk;
  }
  EXPECT_EQ(before, 1u);
}

TEST(chunk_chooser, never_more_than_the_largest) {
  chunk_chooser chooser(0, 2, 10);
  chooser.measured(1000, 1);
  EXPECT_EQ(chooser.next(1'000'000), 10u);
}

TEST(chunk_chooser, times_that_tell_nothing_are_passed_over) {
  chunk_chooser chooser(0, 2, any_number);
  chooser.measured(0, 100);
  chooser.measured(10, 0);
  chooser.measured(10, -5);
  EXPECT_EQ(chooser.next(1000), 1u);
}

}  // namespace
}  // namespace cohort::detail
