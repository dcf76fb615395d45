// The conformance suite of the contract in runtime/wire.hpp: order, whole and started sends, taking
// back, moving bytes, sleeping, death. Instantiated for each wire, and for each path of it.
#include "runtime/time_limit.hpp"
#include "runtime/wire_world.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <list>
#include <string>
#include <thread>

namespace cohort::test {
namespace {

using runtime::outcome;

// Everything a wire can do at its best.
struct single_copy {
  static constexpr bool fences = false;
  static void adjust(runtime::settings&) {}
};
// Long messages in blocks, as where the kernel forbids to read other processes.
struct two_copies {
  static constexpr bool fences = false;
  static void adjust(runtime::settings& s) { s.single_copy = false; }
};
// No membarrier; the longest messages that blocks carry.
struct fences_and_blocks {
  static constexpr bool fences = true;
  static void adjust(runtime::settings& s) {
    s.membarrier = false;
    s.single_copy = false;
    s.eager_limit = 64 * 1024;
  }
};
// Nothing but offers.
struct nothing_eager {
  static constexpr bool fences = true;
  static void adjust(runtime::settings& s) { s.eager_limit = 0; }
};

// Longer than any wire moves in one poll, so that a test can look between its parts; and how many
// polls are enough to see every state of it.
constexpr std::uint64_t several_polls = (std::uint64_t{9} << 20) + 1;
constexpr int states = 10;

template <class World>
class wire : public testing::Test {
 protected:
  // Lengths around every limit of every wire.
  static std::vector<std::uint64_t> lengths(std::uint64_t eager_limit) {
    std::vector<std::uint64_t> result{0, 1, 3, 7, 15, 16, 31, 33};
    for (const std::uint64_t limit :
         {std::uint64_t{48}, std::uint64_t{4096}, eager_limit, std::uint64_t{16} << 10,
          std::uint64_t{64} << 10, std::uint64_t{128} << 10, std::uint64_t{256} << 10}) {
      if (limit == 0) continue;
      for (const std::uint64_t length : {limit - 1, limit, limit + 1}) result.push_back(length);
    }
    result.push_back((std::uint64_t{1} << 20) + 3);
    result.push_back(several_polls);
    return result;
  }

  time_limit limit_;
  World world_{3};
};

using wires = testing::Types<shm_world<single_copy>, shm_world<two_copies>,
                             shm_world<fences_and_blocks>, shm_world<nothing_eager>>;
struct wire_names {
  template <class World>
  static std::string GetName(int index) {
    return std::vector<std::string>{"shm_single_copy", "shm_two_copies", "shm_fences_and_blocks",
                                    "shm_nothing_eager"}[static_cast<std::size_t>(index)];
  }
};
TYPED_TEST_SUITE(wire, wires, wire_names);

// Content. --------------------------------------------------------------------------------------

TYPED_TEST(wire, carries_every_length_to_a_posted_receive) {
  auto& w = this->world_;
  std::uint32_t message = 0;
  for (const std::uint64_t length : this->lengths(w.eager_limit())) {
    for (const bool synchronous : {false, true}) {
      receiving receive(0, 7, length);
      w.post(1, receive);
      sending send(1, 7, pattern(length, ++message), synchronous);
      w.start(0, send);
      w.poll_until([&] { return send.op.complete() && receive.op.complete(); });
      EXPECT_EQ(send.op.ended, outcome::done);
      ASSERT_EQ(receive.op.ended, outcome::done);
      EXPECT_EQ(receive.op.message_bytes, length);
      EXPECT_EQ(receive.op.from, 0);
      ASSERT_TRUE(same(receive.bytes, send.bytes)) << length << " bytes";
    }
  }
}

TYPED_TEST(wire, carries_every_length_to_a_receive_that_comes_late) {
  auto& w = this->world_;
  std::uint32_t message = 0;
  for (const std::uint64_t length : this->lengths(w.eager_limit())) {
    sending send(1, 7, pattern(length, ++message));
    w.start(0, send);
    w.poll_until_idle();
    receiving receive(runtime::any_member, any_tag, length);
    w.post(1, receive);
    w.poll_until([&] { return send.op.complete() && receive.op.complete(); });
    ASSERT_EQ(receive.op.ended, outcome::done);
    ASSERT_TRUE(same(receive.bytes, send.bytes)) << length << " bytes";
  }
}

TYPED_TEST(wire, copies_into_a_receive_that_the_sender_may_write) {
  auto& w = this->world_;
  std::uint32_t message = 0;
  for (const std::uint64_t length : this->lengths(w.eager_limit())) {
    receiving receive(0, 7, length, true);
    w.post(1, receive);
    sending send(1, 7, pattern(length, ++message), true);
    w.start(0, send);
    w.poll_until([&] { return send.op.complete() && receive.op.complete(); });
    EXPECT_FALSE(receive.op.cooperating);
    ASSERT_TRUE(same(receive.bytes, send.bytes)) << length << " bytes";
  }
}

TYPED_TEST(wire, the_envelope_travels_with_the_message) {
  auto& w = this->world_;
  for (const std::int32_t tag : {0, 1, 0x7fffffff}) {
    for (const std::uint32_t context : {0u, 1u, runtime::max_context}) {
      for (const std::uint64_t length :
           {std::uint64_t{8}, std::uint64_t{100}, w.eager_limit() + 1}) {
        sending send(2, tag, pattern(length, 1), false, context);
        w.start(0, send);
        receiving receive(runtime::any_member, any_tag, length, false, context);
        w.post(2, receive);
        w.poll_until([&] { return send.op.complete() && receive.op.complete(); });
        EXPECT_EQ(receive.op.message_tag, tag);
        EXPECT_EQ(receive.op.message_type, octet.id);
        EXPECT_EQ(receive.op.message_bytes, length);
      }
    }
  }
}

TYPED_TEST(wire, a_member_sends_to_itself) {
  auto& w = this->world_;
  for (const std::uint64_t length : this->lengths(w.eager_limit())) {
    sending send(1, 7, pattern(length, 5));
    w.start(1, send);
    receiving receive(1, 7, length, true);
    w.post(1, receive);
    w.poll_until([&] { return send.op.complete() && receive.op.complete(); });
    ASSERT_TRUE(same(receive.bytes, send.bytes)) << length << " bytes";
  }
}

// try_send. -------------------------------------------------------------------------------------

TYPED_TEST(wire, try_send_sends_a_whole_message_or_nothing) {
  auto& w = this->world_;
  for (const std::uint64_t length : {std::uint64_t{48}, std::uint64_t{49}, std::uint64_t{9000}}) {
    // Nobody takes anything, so every wire is full in the end.
    std::uint32_t sent = 0;
    while (sent < 100'000 && w.try_send(0, 1, 3, pattern(length, sent))) ++sent;
    ASSERT_LT(sent, 100'000u);
    std::list<receiving> receives;
    for (std::uint32_t i = 0; i < sent + 1; ++i) {
      w.post(1, receives.emplace_back(0, 3, length));
    }
    w.poll_until_idle();
    std::uint32_t message = 0;
    for (receiving& r : receives) {
      if (message == sent) {
        EXPECT_FALSE(r.op.complete()) << "a refused message came";
        EXPECT_TRUE(w.engine(1).unpost(r.op));
        break;
      }
      ASSERT_TRUE(r.op.complete()) << message << " of " << sent;
      ASSERT_TRUE(same(r.bytes, pattern(length, message))) << message << " of " << sent;
      ++message;
    }
  }
}

TYPED_TEST(wire, try_send_leaves_the_bytes_to_the_caller) {
  auto& w = this->world_;
  for (const std::uint64_t length : {std::uint64_t{8}, std::uint64_t{48}, std::uint64_t{5000}}) {
    auto bytes = pattern(length, 1);
    if (!w.try_send(0, 1, 3, bytes)) continue;  // longer than this wire sends at once
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
    receiving receive(0, 3, length);
    w.post(1, receive);
    w.poll_until([&] { return receive.op.complete(); });
    EXPECT_TRUE(same(receive.bytes, pattern(length, 1)));
  }
}

TYPED_TEST(wire, try_send_does_not_overtake_what_is_queued) {
  auto& w = this->world_;
  std::list<sending> sends;
  while (sends.empty() || sends.back().op.complete() || sends.back().op.descriptor != 0) {
    w.start(0, sends.emplace_back(1, 3, pattern(8, static_cast<std::uint32_t>(sends.size()))));
  }
  EXPECT_FALSE(w.try_send(0, 1, 3, pattern(8, 99'999)));
  std::uint32_t message = 0;
  for (sending& s : sends) {
    receiving receive(0, any_tag, 8);
    w.post(1, receive);
    w.poll_until([&] { return receive.op.complete(); });
    ASSERT_TRUE(same(receive.bytes, s.bytes)) << message;
    ++message;
  }
  w.poll_until([&] { return w.wire(0).quiet(); });
}

// Order. ----------------------------------------------------------------------------------------

TYPED_TEST(wire, messages_of_every_kind_come_in_order) {
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
TYPED_TEST(wire, a_slow_receiver_gets_every_message_unharmed) {
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

TYPED_TEST(wire, lengths_may_alternate_at_random_for_many_laps) {
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

TYPED_TEST(wire, poll_from_takes_from_that_member_only) {
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

// quiet. ----------------------------------------------------------------------------------------

TYPED_TEST(wire, is_quiet_when_no_send_is_queued_or_offered) {
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

// withdraw. -------------------------------------------------------------------------------------

TYPED_TEST(wire, a_queued_send_is_taken_back) {
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

TYPED_TEST(wire, an_offer_is_taken_back_before_anybody_has_seen_it) {
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

TYPED_TEST(wire, an_offer_is_taken_back_that_waits_for_a_receive) {
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
TYPED_TEST(wire, a_send_is_taken_back_while_it_is_copied) {
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
TYPED_TEST(wire, a_receive_whose_message_is_taken_back_finds_the_one_behind_it) {
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

TYPED_TEST(wire, taking_back_after_the_end_says_done) {
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

// relocated. ------------------------------------------------------------------------------------

TYPED_TEST(wire, the_bytes_of_a_send_may_move_at_any_time) {
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

TYPED_TEST(wire, the_bytes_of_a_queued_send_may_move) {
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

// interrupt, through the engine. ----------------------------------------------------------------

TYPED_TEST(wire, a_message_that_was_given_back_is_received_whole_by_the_next) {
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

// arm. ------------------------------------------------------------------------------------------

TYPED_TEST(wire, arm_says_whether_there_is_something_to_do) {
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
TYPED_TEST(wire, nobody_sleeps_through_a_message) {
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
TYPED_TEST(wire, nobody_sleeps_through_room_for_a_queued_send) {
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

// Death. ----------------------------------------------------------------------------------------

TYPED_TEST(wire, what_was_sent_whole_outlives_its_sender) {
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

TYPED_TEST(wire, an_offer_dies_with_its_sender_in_every_state) {
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
TYPED_TEST(wire, a_copy_that_ends_after_its_senders_death_does_not_count) {
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

TYPED_TEST(wire, sends_to_a_dead_member_end_in_every_state) {
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
TYPED_TEST(wire, a_receive_from_anybody_survives_the_death_of_one) {
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
