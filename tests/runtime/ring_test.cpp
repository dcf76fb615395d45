// The ring of one ordered pair: laps, room, the wrap of the sequence number, growth, two threads.
#include "runtime/ring.hpp"
#include "runtime/arena.hpp"
#include "runtime/heap.hpp"
#include "runtime/time_limit.hpp"

#include <cohort/error.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <thread>

namespace cohort::runtime {
namespace {

class ring : public testing::Test {
 protected:
  void start(std::uint32_t capacity, std::uint64_t position) {
    offset_ = heap_.allocate(ring_bytes(capacity));
    out_.attach(*memory_, offset_, capacity, position, position);
    in_.attach(*memory_, offset_, position);
  }
  static void put(ring_producer& out, std::uint64_t number) {
    slot& s = out.next();
    std::memcpy(s.body, &number, sizeof number);
    s.context_form = 8u << 24;
    s.type = static_cast<std::uint32_t>(number);
    out.publish(static_cast<std::int32_t>(number));
  }
  // The number in the next slot; fails where there is none.
  static std::uint64_t take(ring_consumer& in) {
    std::uint64_t head = 0;
    const slot* s = in.ready(head);
    if (!s) {
      ADD_FAILURE() << "nothing there";
      return ~std::uint64_t{0};
    }
    std::uint64_t number = 0;
    std::memcpy(&number, s->body, sizeof number);
    EXPECT_EQ(s->type, static_cast<std::uint32_t>(number));
    EXPECT_EQ(static_cast<std::uint32_t>(head >> 32), static_cast<std::uint32_t>(number));
    in.consume();
    return number;
  }
  static bool empty(ring_consumer& in) {
    std::uint64_t head = 0;
    return in.ready(head) == nullptr;
  }

  std::shared_ptr<arena> memory_ = arena::create(2);
  heap heap_{*memory_, 0};
  ring_producer out_;
  ring_consumer in_;
  std::uint64_t offset_ = 0;
};

TEST_F(ring, a_fresh_ring_is_empty_and_has_room_for_its_capacity) {
  start(7, 0);
  EXPECT_TRUE(empty(in_));
  EXPECT_TRUE(out_.has_room(7));
  EXPECT_FALSE(out_.has_room(8));
}

TEST_F(ring, keeps_the_order_over_many_laps) {
  start(first_ring_slots, 0);
  for (std::uint64_t i = 0; i < 100 * first_ring_slots; ++i) {
    ASSERT_TRUE(out_.has_room());
    put(out_, i);
    ASSERT_EQ(take(in_), i);
    ASSERT_TRUE(empty(in_));
  }
}

TEST_F(ring, is_full_until_the_receiver_reports) {
  start(first_ring_slots, 0);
  std::uint64_t sent = 0;
  while (out_.has_room()) put(out_, sent++);
  EXPECT_EQ(sent, first_ring_slots);
  EXPECT_EQ(take(in_), 0u);
  EXPECT_FALSE(out_.has_room()) << "what is not reported is not free";
  EXPECT_TRUE(in_.unreported());
  in_.report();
  EXPECT_FALSE(in_.unreported());
  EXPECT_TRUE(out_.has_room(1));
  EXPECT_FALSE(out_.has_room(2));
}

// What is unreported after everything is read must not keep the longest message out.
TEST_F(ring, a_receiver_that_has_read_everything_leaves_most_of_the_ring_free) {
  for (const std::uint32_t capacity : {first_ring_slots, largest_ring_slots}) {
    start(capacity, 0);
    for (std::uint64_t i = 0; i < 10 * capacity; ++i) {
      ASSERT_TRUE(out_.has_room(16)) << i;
      put(out_, i);
      take(in_);
    }
  }
}

TEST_F(ring, sequence_numbers_wrap) {
  const std::uint64_t before = (std::uint64_t{1} << 32) - 100;
  start(first_ring_slots, before);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(out_.has_room());
    put(out_, i);
    ASSERT_EQ(take(in_), i);
    ASSERT_TRUE(empty(in_)) << i;
  }
  EXPECT_EQ(out_.position(), before + 1000);
}

// Whatever number a position has, memory that was never written to must not look announced.
TEST_F(ring, a_fresh_ring_is_empty_wherever_it_starts) {
  for (const std::uint64_t position :
       {std::uint64_t{0}, std::uint64_t{0x7fffffff}, std::uint64_t{0xffffffff},
        std::uint64_t{1} << 32, (std::uint64_t{1} << 33) - 1}) {
    start(first_ring_slots, position);
    EXPECT_TRUE(empty(in_)) << position;
    put(out_, 1);
    EXPECT_EQ(take(in_), 1u);
    EXPECT_TRUE(empty(in_)) << position;
  }
}

TEST_F(ring, a_ring_that_continues_another_counts_what_the_other_still_holds) {
  start(first_ring_slots, 0);
  for (std::uint64_t i = 0; i < 40; ++i) put(out_, i);
  for (std::uint64_t i = 0; i < 10; ++i) take(in_);
  in_.report();
  EXPECT_EQ(out_.consumed(), 10u);
  constexpr std::uint32_t larger = (first_ring_slots + 1) * 4 - 1;
  const std::uint64_t offset = heap_.allocate(ring_bytes(larger));
  ring_producer next;
  next.attach(*memory_, offset, larger, out_.position(), out_.known_consumed());
  EXPECT_EQ(next.known_consumed(), 10u) << "the other 30 are not read";
  EXPECT_EQ(next.consumed(), 10u);
  EXPECT_TRUE(next.has_room(larger - 30));
  EXPECT_FALSE(next.has_room(larger - 29));
  for (std::uint64_t i = 40; i < 60; ++i) put(next, i);
  for (std::uint64_t i = 10; i < 40; ++i) ASSERT_EQ(take(in_), i);
  in_.attach(*memory_, offset, in_.position());
  EXPECT_TRUE(in_.report()) << "the sender is called when the receiver comes to the new ring";
  EXPECT_EQ(next.consumed(), 40u);
  for (std::uint64_t i = 40; i < 60; ++i) ASSERT_EQ(take(in_), i);
}

TEST_F(ring, the_receiver_learns_that_the_sender_starves) {
  start(first_ring_slots, 0);
  put(out_, 0);
  take(in_);
  EXPECT_FALSE(in_.report());
  out_.announce_starving();
  EXPECT_TRUE(in_.report());
  in_.clear_starving();
  EXPECT_FALSE(in_.report());
}

TEST_F(ring, refuses_a_ring_that_is_not_inside_the_arena) {
  ring_consumer hostile;
  const std::uint64_t size = memory_->map().size();
  EXPECT_THROW(hostile.attach(*memory_, size, 0), resource_error);
  EXPECT_THROW(hostile.attach(*memory_, size - 1, 0), resource_error);
  EXPECT_THROW(hostile.attach(*memory_, ~std::uint64_t{0}, 0), resource_error);
  const std::uint64_t offset = heap_.allocate(ring_bytes(first_ring_slots));
  for (const std::uint32_t capacity : {0u, 0xffffffffu}) {
    memory_->at<ring_header>(offset)->capacity = capacity;
    EXPECT_THROW(hostile.attach(*memory_, offset, 0), resource_error) << capacity;
  }
  EXPECT_FALSE(hostile.attached());
}

TEST_F(ring, two_threads) {
  const test::time_limit limit;
  start(first_ring_slots, (std::uint64_t{1} << 32) - 1000);
  constexpr std::uint64_t messages = 50'000;
  std::thread sender([&] {
    for (std::uint64_t i = 0; i < messages; ++i) {
      while (!out_.has_room()) std::this_thread::yield();
      put(out_, i);
    }
  });
  for (std::uint64_t i = 0; i < messages; ++i) {
    while (empty(in_)) std::this_thread::yield();
    EXPECT_EQ(take(in_), i);
  }
  sender.join();
  EXPECT_TRUE(empty(in_));
}

}  // namespace
}  // namespace cohort::runtime
