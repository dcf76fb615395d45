// What every wire does about the death of a member, in every state of what it sends and receives.
#include "runtime/wire_suite.hpp"

#include <gtest/gtest.h>

#include <list>

namespace cohort::test {
namespace {

using runtime::outcome;

template <class World>
class wire_death : public wire_suite<World> {};
TYPED_TEST_SUITE(wire_death, wires, wire_names);

TYPED_TEST(wire_death, what_was_sent_whole_outlives_its_sender) {
  auto& w = this->world_;
  std::uint32_t sent = 0;
  while (sent < 40 && w.try_send(0, 1, 1, pattern(40 + sent, sent))) ++sent;
  w.kill(0);
  w.notice(1, 0);
  for (std::uint32_t i = 0; i < sent; ++i) {
    receiving receive(0, 1, 100);
    w.post(1, receive);
    ASSERT_EQ(receive.op.ended, outcome::done);
    EXPECT_TRUE(same(receive.received(), pattern(40 + i, i)));
  }
}

TYPED_TEST(wire_death, an_offer_dies_with_its_sender_in_every_state) {
  auto& w = this->world_;
  for (const bool taken : {false, true}) {
    for (const bool together : {false, true}) {
      for (int polls = 0; polls < states; ++polls) {
        TypeParam own(2);
        const std::uint64_t length = several_polls;
        sending send(1, 1, pattern(length, 0));
        receiving receive(0, 1, length, together);
        own.start(0, send);
        if (taken) own.post(1, receive);
        for (int i = 0; i < polls; ++i) own.wire(i % 3 == 2 ? 0 : 1).poll();
        if (receive.op.complete()) break;
        own.kill(0);
        own.notice(1, 0);
        if (!taken) {
          EXPECT_EQ(own.engine(1).find(0, 1, 0), nullptr);
          continue;
        }
        ASSERT_EQ(receive.op.ended, outcome::peer_gone) << polls;
        EXPECT_FALSE(receive.op.cooperating);
        EXPECT_FALSE(own.wire(1).arm());
      }
    }
  }
  EXPECT_TRUE(w.wire(0).quiet());
}

// What is read after the death was published may come from another process with the same pid.
TYPED_TEST(wire_death, a_copy_that_ends_after_its_senders_death_does_not_count) {
  auto& w = this->world_;
  sending send(1, 1, pattern(1 << 20, 0), true);
  receiving receive(0, 1, 1 << 20);
  w.start(0, send);
  w.wire(1).poll();
  w.kill(0);  // the memory is still there: nothing but the publication tells
  w.post(1, receive);
  for (int i = 0; i < 10; ++i) w.wire(1).poll();
  EXPECT_FALSE(receive.op.complete());
  w.notice(1, 0);
  EXPECT_EQ(receive.op.ended, outcome::peer_gone);
}

TYPED_TEST(wire_death, sends_to_a_dead_member_end_in_every_state) {
  auto& w = this->world_;
  std::list<sending> sends;
  w.start(0, sends.emplace_back(1, 9, pattern(500'000, 0)));    // offered
  w.start(0, sends.emplace_back(1, 8, pattern(5'000'000, 1)));  // being received
  receiving receive(0, 8, 5'000'000);
  w.post(1, receive);
  w.wire(1).poll();
  w.wire(0).poll();
  while (sends.back().op.complete() || sends.back().op.descriptor != 0) {
    w.start(0, sends.emplace_back(1, 3, pattern(8, 0)));  // sent; then queued
  }
  w.kill(1);
  w.notice(0, 1);
  for (sending& s : sends) {
    EXPECT_TRUE(s.op.ended == outcome::done || s.op.ended == outcome::peer_gone);
  }
  EXPECT_EQ(sends.front().op.ended, outcome::peer_gone);
  EXPECT_EQ(sends.back().op.ended, outcome::peer_gone);
  EXPECT_TRUE(w.wire(0).quiet());
  EXPECT_FALSE(w.wire(0).arm());
  // From now on at once.
  EXPECT_FALSE(w.try_send(0, 1, 1, pattern(8, 0)));
  sending late(1, 1, pattern(8, 0));
  w.start(0, late);
  EXPECT_EQ(late.op.ended, outcome::peer_gone);
  // The others go on.
  sending other(2, 1, pattern(100'000, 0));
  receiving there(0, 1, 100'000);
  w.post(2, there);
  w.start(0, other);
  while (!there.op.complete() || !other.op.complete()) {
    w.wire(0).poll();
    w.wire(2).poll();
  }
  EXPECT_TRUE(same(there.bytes, other.bytes));
}

// A receive from any source that was taking a message of the dead goes on to another member's.
TYPED_TEST(wire_death, a_receive_from_anybody_survives_the_death_of_one) {
  auto& w = this->world_;
  const std::uint64_t length = several_polls;
  sending lost(2, 1, pattern(length, 0));
  sending behind(2, 1, pattern(200'000, 1));
  sending other(2, 1, pattern(200'000, 2));
  receiving receive(runtime::any_member, 1, length);
  w.post(2, receive);
  w.start(0, lost);
  w.start(0, behind);
  while (!receive.op.incoming || !w.engine(2).find(0, 1, 0)) w.wire(2).poll();
  w.start(1, other);
  while (!w.engine(2).find(1, 1, 0)) w.wire(2).poll_from(1);
  w.kill(0);
  w.notice(2, 0);
  while (!receive.op.complete() || !other.op.complete()) {
    w.wire(1).poll();
    w.wire(2).poll();
  }
  EXPECT_EQ(receive.op.ended, outcome::done);
  EXPECT_EQ(receive.op.from, 1);
  EXPECT_TRUE(same(receive.received(), other.bytes));
}

}  // namespace
}  // namespace cohort::test
