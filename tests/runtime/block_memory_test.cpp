// The memory for blocks of one pair: room in the order of the slots, wrap, growth.
#include "runtime/block_memory.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <random>

namespace cohort::runtime {
namespace {

class block_memory_of_a_pair : public testing::Test {
 protected:
  std::byte* room(std::uint32_t bytes, std::uint64_t consumed) {
    if (std::byte* place = blocks_.room(bytes, consumed)) return place;
    return blocks_.grow(bytes, consumed, *memory_, heap_);
  }

  std::shared_ptr<arena> memory_ = arena::create(1);
  heap heap_{*memory_, 0};
  block_memory blocks_;
};

TEST_F(block_memory_of_a_pair, has_no_memory_before_the_first_block) {
  EXPECT_EQ(blocks_.room(1, 0), nullptr);
  EXPECT_NE(room(1, 0), nullptr);
}

TEST_F(block_memory_of_a_pair, starts_small_and_grows_to_its_largest_size) {
  std::byte* first = room(100, 0);
  ASSERT_NE(first, nullptr);
  const auto start = blocks_.offset_of(first);
  EXPECT_EQ(memory_->at<std::byte>(start), first);
  std::uint64_t position = 0;
  std::uint64_t bytes = 0;
  for (std::byte* place = first; place; place = room(100, 0)) {
    blocks_.commit(place, 100, position++);
    bytes += 128;  // on cache lines of their own
    ASSERT_LT(bytes, 4 * block_memory::largest_bytes);
  }
  // All three sizes are full.
  EXPECT_GE(bytes, block_memory::largest_bytes);
}

TEST_F(block_memory_of_a_pair, room_is_refused_until_what_is_in_use_was_consumed) {
  constexpr std::uint32_t quarter = block_memory::largest_bytes / 4;
  for (std::uint64_t position = 0; position < 4; ++position) {
    std::byte* place = room(quarter, 0);
    ASSERT_NE(place, nullptr);
    blocks_.commit(place, quarter, position);
  }
  EXPECT_EQ(room(64, 0), nullptr);
  std::byte* again = blocks_.room(64, 1);
  ASSERT_NE(again, nullptr) << "position 0 was consumed";
  blocks_.commit(again, 64, 4);
  EXPECT_EQ(blocks_.room(quarter, 1), nullptr);
  EXPECT_NE(blocks_.room(quarter, 2), nullptr);
}

TEST_F(block_memory_of_a_pair, the_largest_message_fits_when_everything_is_free) {
  for (const std::uint32_t bytes : {1u, 63u, 64u, 65u, 4096u, 64u * 1024, 256u * 1024}) {
    block_memory fresh;
    EXPECT_EQ(fresh.room(bytes, 0), nullptr);
    EXPECT_NE(fresh.grow(bytes, 0, *memory_, heap_), nullptr) << bytes;
  }
}

// Random sizes and a receiver that lags at random: no block may be handed out again before it was
// consumed, and with everything consumed there must always be room.
TEST_F(block_memory_of_a_pair, no_block_is_overwritten_before_it_was_consumed) {
  std::mt19937 dice(7);
  struct block {
    std::byte* place;
    std::uint32_t bytes;
    std::uint64_t position;
  };
  std::deque<block> unread;
  std::uint64_t position = 0;
  const auto consume_one = [&] {
    const block b = unread.front();
    unread.pop_front();
    const auto mark = static_cast<std::byte>(b.position % 251);
    for (std::uint32_t i = 0; i < b.bytes; ++i) {
      ASSERT_EQ(b.place[i], mark) << "block " << b.position << " was overwritten";
    }
  };
  for (int step = 0; step < 30'000; ++step) {
    const auto bytes =
        static_cast<std::uint32_t>(dice() % 10 == 0 ? 1 + dice() % (64 * 1024) : 1 + dice() % 4096);
    const auto consumed = [&] { return unread.empty() ? position : unread.front().position; };
    std::byte* place = room(bytes, consumed());
    while (!place) {
      ASSERT_FALSE(unread.empty()) << "no room for " << bytes << " with everything consumed";
      consume_one();
      if (HasFatalFailure()) return;
      place = room(bytes, consumed());
    }
    std::memset(place, static_cast<int>(position % 251), bytes);
    blocks_.commit(place, bytes, position);
    unread.push_back({place, bytes, position++});
    for (auto n = dice() % 4; n > 0 && !unread.empty(); --n) {
      if (dice() % 3 == 0) consume_one();
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace cohort::runtime
