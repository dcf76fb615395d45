// What every wire does about order, however far the receiver is behind, and when nothing is under
// way.
#include "runtime/wire_suite.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <list>

namespace cohort::test {
namespace {

template <class World>
class wire_order : public wire_suite<World> {};
TYPED_TEST_SUITE(wire_order, wires, wire_names);

TYPED_TEST(wire_order, messages_of_every_kind_come_in_order) {
  auto& w = this->world_;
  const auto lengths = this->lengths(w.eager_limit());
  std::list<sending> sends;
  for (std::uint32_t i = 0; i < 600; ++i) {
    const std::uint64_t length =
        std::min<std::uint64_t>(lengths[(i * 7) % lengths.size()], 300'000);
    w.start(0, sends.emplace_back(1, 1, pattern(length, i), i % 5 == 0));
    if (i % 97 == 0) w.wire(1).poll();
  }
  std::uint32_t message = 0;
  for (sending& s : sends) {
    receiving receive(0, 1, s.bytes.size(), message % 3 == 0);
    w.post(1, receive);
    w.poll_until([&] { return receive.op.complete(); });
    ASSERT_EQ(receive.op.message_bytes, s.bytes.size()) << message;
    ASSERT_TRUE(same(receive.bytes, s.bytes)) << message;
    ++message;
  }
  w.poll_until([&] { return w.wire(0).quiet() && w.wire(1).quiet(); });
}

// The receiver is behind by a random amount all the time, so that rings and block memories are
// full, grow, and wrap in every state.
TYPED_TEST(wire_order, a_slow_receiver_gets_every_message_unharmed) {
  constexpr std::uint32_t messages = 1500;
  for (const std::uint64_t length : {8u, 100u, 700u, 4000u, 8192u}) {
    for (const std::uint32_t sends_per_poll : {70u, 200u}) {
      TypeParam w(2);  // with a small ring to begin with
      std::list<sending> sends;
      std::list<receiving> receives;
      for (std::uint32_t i = 0; i < messages; ++i) w.post(1, receives.emplace_back(0, 1, length));
      for (std::uint32_t i = 0; i < messages; ++i) {
        w.start(0, sends.emplace_back(1, 1, pattern(length, i)));
        w.wire(0).poll();
        if (i % sends_per_poll == sends_per_poll - 1) w.wire(1).poll();
      }
      w.poll_until([&] { return receives.back().op.complete(); });
      std::uint32_t message = 0;
      for (const receiving& r : receives) {
        ASSERT_TRUE(same(r.bytes, pattern(length, message)))
            << "message " << message << " of " << length << " bytes, poll every " << sends_per_poll;
        ++message;
      }
      w.poll_until([&] { return w.wire(0).quiet(); });
    }
  }
}

TYPED_TEST(wire_order, lengths_may_alternate_at_random_for_many_laps) {
  auto& w = this->world_;
  std::uint32_t dice = 12345;
  const auto roll = [&](std::uint32_t sides) {
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
  };
  std::list<sending> sends;
  std::deque<std::uint32_t> expected;
  for (std::uint32_t i = 0; i < 6000; ++i) {
    const std::uint64_t length = roll(3) == 0 ? roll(12'000) : roll(200);
    w.start(0, sends.emplace_back(1, 1, pattern(length, i)));
    expected.push_back(i);
    while (expected.size() > roll(400)) {
      receiving receive(0, 1, 12'000);
      w.post(1, receive);
      w.poll_until([&] { return receive.op.complete(); });
      const auto wanted = pattern(receive.op.message_bytes, expected.front());
      ASSERT_TRUE(same(receive.received(), wanted)) << expected.front();
      expected.pop_front();
    }
    while (!sends.empty() && sends.front().op.complete()) sends.pop_front();
  }
}

TYPED_TEST(wire_order, poll_from_takes_from_that_member_only) {
  auto& w = this->world_;
  ASSERT_TRUE(w.try_send(0, 2, 1, {}) || w.eager_limit() == 0);
  sending first(2, 1, pattern(8, 0));
  sending second(2, 2, pattern(8, 1));
  w.start(0, first);
  w.start(1, second);
  while (!w.engine(2).find(1, 2, 0)) w.wire(2).poll_from(1);
  EXPECT_EQ(w.engine(2).find(0, 1, 0), nullptr);
  while (!w.engine(2).find(0, 1, 0)) w.wire(2).poll_from(0);
}

TYPED_TEST(wire_order, is_quiet_when_no_send_is_queued_or_offered) {
  auto& w = this->world_;
  EXPECT_TRUE(w.wire(0).quiet());
  sending offer(1, 1, pattern(300'000, 0));
  w.start(0, offer);
  EXPECT_FALSE(w.wire(0).quiet());
  w.poll_until_idle();
  EXPECT_FALSE(w.wire(0).quiet());
  receiving receive(0, 1, 300'000);
  w.post(1, receive);
  w.poll_until([&] { return offer.op.complete(); });
  w.poll_until_idle();
  EXPECT_TRUE(w.wire(0).quiet());
}

}  // namespace
}  // namespace cohort::test
