// What every wire does about taking sends back, moving their bytes, and giving messages back, in
// every state.
#include "runtime/wire_suite.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>

namespace cohort::test {
namespace {

using runtime::outcome;

template <class World>
class wire_taking_back : public wire_suite<World> {};
TYPED_TEST_SUITE(wire_taking_back, wires, wire_names);

TYPED_TEST(wire_taking_back, a_queued_send_is_taken_back) {
  auto& w = this->world_;
  std::list<sending> sends;
  while (sends.empty() || sends.back().op.complete() || sends.back().op.descriptor != 0) {
    w.start(0, sends.emplace_back(1, 3, pattern(8, static_cast<std::uint32_t>(sends.size()))));
  }
  sending after(1, 4, pattern(8, 4));
  w.start(0, after);
  w.wire(0).withdraw(sends.back().op);
  EXPECT_EQ(sends.back().op.ended, outcome::cancelled);
  const std::size_t left = sends.size() - 1;
  std::list<receiving> receives;
  for (std::size_t i = 0; i < left + 1; ++i) w.post(1, receives.emplace_back(0, 3, 8));
  receiving last(0, 4, 8);
  w.post(1, last);
  w.poll_until([&] { return last.op.complete() && after.op.complete(); });
  w.poll_until_idle();
  EXPECT_TRUE(same(last.bytes, after.bytes));
  EXPECT_FALSE(receives.back().op.complete()) << "a message that was taken back came";
  EXPECT_TRUE(w.engine(1).unpost(receives.back().op));
  EXPECT_TRUE(w.wire(0).quiet());
}

TYPED_TEST(wire_taking_back, an_offer_is_taken_back_before_anybody_has_seen_it) {
  auto& w = this->world_;
  sending offer(1, 1, pattern(100'000, 0));
  w.start(0, offer);
  w.wire(0).withdraw(offer.op);
  EXPECT_EQ(offer.op.ended, outcome::cancelled);
  std::ranges::fill(offer.bytes, std::byte{0});
  receiving receive(0, 1, 100'000);
  w.post(1, receive);
  w.poll_until_idle();
  EXPECT_FALSE(receive.op.complete());
  EXPECT_TRUE(w.wire(0).quiet());
  sending next(1, 1, pattern(100'000, 1));
  w.start(0, next);
  w.poll_until([&] { return receive.op.complete(); });
  EXPECT_TRUE(same(receive.bytes, next.bytes));
}

TYPED_TEST(wire_taking_back, an_offer_is_taken_back_that_waits_for_a_receive) {
  auto& w = this->world_;
  sending offer(1, 1, pattern(100'000, 0));
  w.start(0, offer);
  w.poll_until([&] { return w.engine(1).find(0, 1, 0) != nullptr; });
  const runtime::arrival& message = *w.engine(1).find(0, 1, 0);
  EXPECT_TRUE(message.offer->stands(message));
  w.wire(0).withdraw(offer.op);
  EXPECT_FALSE(message.offer->stands(message)) << "known at once, before the word of it comes";
  EXPECT_EQ(offer.op.ended, outcome::cancelled);
  w.poll_until_idle();
  EXPECT_EQ(w.engine(1).find(0, 1, 0), nullptr);
  EXPECT_TRUE(w.wire(0).quiet());
}

// In every state between the match and the end: after each number of polls.
TYPED_TEST(wire_taking_back, a_send_is_taken_back_while_it_is_copied) {
  auto& w = this->world_;
  for (const bool together : {false, true}) {
    for (int polls = 0; polls < states; ++polls) {
      const std::uint64_t length = several_polls;
      auto offer = std::make_unique<sending>(1, 1, std::vector<std::byte>(length, std::byte{7}));
      receiving receive(0, 1, length, together);
      w.start(0, *offer);
      w.post(1, receive);
      for (int i = 0; i < polls; ++i) w.wire(i % 2 == 0 ? 1 : 0).poll();
      if (offer->op.complete()) break;
      w.wire(0).withdraw(offer->op);
      const outcome ended = offer->op.ended;
      ASSERT_TRUE(ended == outcome::cancelled || ended == outcome::done);
      offer.reset();  // the bytes are free at once
      w.poll_until_idle();
      ASSERT_EQ(receive.op.complete(), ended == outcome::done) << polls;
      EXPECT_FALSE(receive.op.cooperating && !receive.op.complete()) << polls;
      if (receive.op.complete()) continue;
      sending next(1, 1, pattern(length, 2));
      w.start(0, next);
      w.poll_until([&] { return receive.op.complete() && next.op.complete(); });
      ASSERT_TRUE(same(receive.bytes, next.bytes)) << polls;
    }
  }
}

// The receive that loses its message takes the next one, which had come meanwhile.
TYPED_TEST(wire_taking_back, a_receive_whose_message_is_taken_back_finds_the_one_behind_it) {
  auto& w = this->world_;
  const std::uint64_t length = several_polls;
  sending first(1, 1, pattern(length, 0));
  sending second(1, 1, pattern(8, 1));
  receiving receive(runtime::any_member, 1, length);
  w.post(1, receive);
  w.start(0, first);
  w.start(0, second);
  w.poll_until([&] { return receive.op.incoming != nullptr && w.engine(1).find(0, 1, 0); });
  w.wire(0).withdraw(first.op);
  ASSERT_EQ(first.op.ended, outcome::cancelled);
  w.poll_until([&] { return receive.op.complete(); });
  EXPECT_EQ(receive.op.message_bytes, 8u);
  EXPECT_TRUE(same(receive.received(), second.bytes));
}

TYPED_TEST(wire_taking_back, taking_back_after_the_end_says_done) {
  auto& w = this->world_;
  sending offer(1, 1, pattern(100'000, 0), true);
  receiving receive(0, 1, 100'000);
  w.post(1, receive);
  w.start(0, offer);
  while (!receive.op.complete()) {  // the receiver has it, its word is on the way
    w.wire(1).poll();
    if (!receive.op.complete()) w.wire(0).poll();
  }
  if (!offer.op.complete()) w.wire(0).withdraw(offer.op);
  EXPECT_EQ(offer.op.ended, outcome::done);
  EXPECT_TRUE(same(receive.bytes, pattern(100'000, 0)));
  w.poll_until([&] { return w.wire(0).quiet(); });
}

TYPED_TEST(wire_taking_back, the_bytes_of_a_send_may_move_at_any_time) {
  auto& w = this->world_;
  for (const bool together : {false, true}) {
    for (int polls = 0; polls < states; ++polls) {
      const std::uint64_t length = several_polls;
      sending send(1, 1, pattern(length, 3));
      receiving receive(0, 1, length, together);
      w.start(0, send);
      w.post(1, receive);
      for (int i = 0; i < polls; ++i) w.wire(i % 2 == 0 ? 1 : 0).poll();
      if (!send.op.complete()) {
        auto elsewhere = send.bytes;
        send.op.what_to_send.data = elsewhere.data();
        w.wire(0).relocated(send.op);
        std::ranges::fill(send.bytes, std::byte{0});  // the old place is free
        send.bytes.swap(elsewhere);
      }
      w.poll_until([&] { return receive.op.complete() && send.op.complete(); });
      ASSERT_TRUE(same(receive.bytes, pattern(length, 3))) << polls;
    }
  }
}

TYPED_TEST(wire_taking_back, the_bytes_of_a_queued_send_may_move) {
  auto& w = this->world_;
  std::list<sending> sends;
  while (sends.empty() || sends.back().op.complete() || sends.back().op.descriptor != 0) {
    w.start(0, sends.emplace_back(1, 3, pattern(8, static_cast<std::uint32_t>(sends.size()))));
  }
  sending& queued = sends.back();
  const auto wanted = queued.bytes;
  auto elsewhere = queued.bytes;
  queued.op.what_to_send.data = elsewhere.data();
  w.wire(0).relocated(queued.op);
  std::ranges::fill(queued.bytes, std::byte{0});
  std::list<receiving> receives;
  for (std::size_t i = 0; i < sends.size(); ++i) w.post(1, receives.emplace_back(0, 3, 8));
  w.poll_until([&] { return receives.back().op.complete() && queued.op.complete(); });
  EXPECT_TRUE(same(receives.back().bytes, wanted));
}

TYPED_TEST(wire_taking_back, a_message_that_was_given_back_is_received_whole_by_the_next) {
  auto& w = this->world_;
  for (int polls = 0; polls < states; ++polls) {
    const std::uint64_t length = several_polls;
    sending send(1, 1, pattern(length, 3), true);
    receiving first(0, 1, length);
    receiving second(0, 1, length, true);
    w.start(0, send);
    w.post(1, first);
    for (int i = 0; i < polls; ++i) w.wire(i % 2 == 0 ? 1 : 0).poll();
    if (first.op.complete()) break;
    if (!w.engine(1).unpost(first.op)) w.engine(1).give_back(first.op);
    std::ranges::fill(first.bytes, std::byte{0});
    w.post(1, second);
    w.poll_until([&] { return second.op.complete() && send.op.complete(); });
    ASSERT_TRUE(same(second.bytes, send.bytes)) << polls;
    EXPECT_TRUE(std::ranges::all_of(first.bytes, [](std::byte b) { return b == std::byte{0}; }))
        << "written after it was given back";
  }
}

}  // namespace
}  // namespace cohort::test
