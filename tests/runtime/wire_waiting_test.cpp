// What every wire does about sleeping: nobody sleeps through anything.
#include "runtime/wire_suite.hpp"

#include <gtest/gtest.h>

#include <list>
#include <thread>

namespace cohort::test {
namespace {

template <class World>
class wire_waiting : public wire_suite<World> {};
TYPED_TEST_SUITE(wire_waiting, wires, wire_names);

TYPED_TEST(wire_waiting, arm_says_whether_there_is_something_to_do) {
  auto& w = this->world_;
  EXPECT_FALSE(w.wire(1).arm());
  sending send(1, 1, pattern(8, 0));
  w.start(0, send);
  EXPECT_NE(w.memory().member(1).attention[0].load() & 1u, 0u) << "the receiver was not called";
  w.wire(1).poll();
  sending next(1, 1, pattern(8, 1));
  w.start(0, next);
  EXPECT_TRUE(w.wire(1).arm());
}

// Two members that sleep whenever they find nothing: a missed wake-up is a hang.
TYPED_TEST(wire_waiting, nobody_sleeps_through_a_message) {
  auto& w = this->world_;
  constexpr int rounds = 3000;
  const auto play = [&](std::uint32_t self) {
    const std::uint32_t other = 1 - self;
    for (int i = 0; i < rounds; ++i) {
      const std::uint64_t length = i % 50 == 0 ? 20'000 : i % 7 == 0 ? 500 : 8;
      sending send(other, 1, pattern(length, static_cast<std::uint32_t>(i)));
      receiving receive(static_cast<std::int32_t>(other), 1, length);
      if (self == 0) w.start(self, send);
      w.post(self, receive);
      w.sleep_until(self, [&] { return receive.op.complete(); });
      if (self == 1) w.start(self, send);
      w.sleep_until(self, [&] { return send.op.complete(); });
      ASSERT_TRUE(same(receive.bytes, send.bytes)) << i;
    }
    w.sleep_until(self, [&] { return w.wire(self).quiet(); });
  };
  std::thread second(play, 1);
  play(0);
  second.join();
}

// A sender that sleeps until there is room, and a receiver that sleeps until there is a message.
TYPED_TEST(wire_waiting, nobody_sleeps_through_room_for_a_queued_send) {
  auto& w = this->world_;
  constexpr std::uint32_t messages = 10'000;
  const auto length_of = [](std::uint32_t i) -> std::uint64_t {
    return i % 101 == 0 ? 70'000 : i % 5 == 0 ? 3000 : i % 3 == 0 ? 49 : 8;
  };
  std::thread sender([&] {
    std::list<sending> sends;
    for (std::uint32_t i = 0; i < messages; ++i) {
      w.start(0, sends.emplace_back(1, 1, pattern(length_of(i), i)));
      if (sends.size() > 100) {
        w.sleep_until(0, [&] { return sends.front().op.complete(); });
        while (!sends.empty() && sends.front().op.complete()) sends.pop_front();
      }
    }
    w.sleep_until(0, [&] { return w.wire(0).quiet(); });
  });
  for (std::uint32_t i = 0; i < messages; ++i) {
    receiving receive(0, 1, length_of(i));
    w.post(1, receive);
    w.sleep_until(1, [&] { return receive.op.complete(); });
    EXPECT_TRUE(same(receive.bytes, pattern(length_of(i), i))) << i;
  }
  // Its last words may still have to go out.
  w.sleep_until(1, [&] { return w.wire(1).quiet(); });
  sender.join();
}

}  // namespace
}  // namespace cohort::test
