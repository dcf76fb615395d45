// What every wire does about whole and started sends of every length and envelope, and sends that
// end at once.
#include "runtime/wire_suite.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>

namespace cohort::test {
namespace {

using runtime::outcome;

template <class World>
class wire_content : public wire_suite<World> {};
TYPED_TEST_SUITE(wire_content, wires, wire_names);

TYPED_TEST(wire_content, carries_every_length_to_a_posted_receive) {
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

TYPED_TEST(wire_content, carries_every_length_to_a_receive_that_comes_late) {
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

TYPED_TEST(wire_content, copies_into_a_receive_that_the_sender_may_write) {
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

TYPED_TEST(wire_content, the_envelope_travels_with_the_message) {
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

TYPED_TEST(wire_content, a_member_sends_to_itself) {
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

TYPED_TEST(wire_content, try_send_sends_a_whole_message_or_nothing) {
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

TYPED_TEST(wire_content, try_send_leaves_the_bytes_to_the_caller) {
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

TYPED_TEST(wire_content, try_send_does_not_overtake_what_is_queued) {
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

}  // namespace
}  // namespace cohort::test
