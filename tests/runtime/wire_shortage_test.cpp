// What every wire does when there is no memory, or a receive has no place for its message: nothing
// is lost, and nobody waits for ever.
#include "runtime/refused_calls.hpp"
#include "runtime/wire_suite.hpp"

#include <cohort/error.hpp>

#include <gtest/gtest.h>

#include <cerrno>
#include <list>
#include <new>

namespace cohort::test {
namespace {

using runtime::outcome;

template <class World>
class wire_shortage : public wire_suite<World> {};
TYPED_TEST_SUITE(wire_shortage, wires, wire_names);

TYPED_TEST(wire_shortage, a_message_survives_a_receive_that_has_no_place_for_it) {
  auto& w = this->world_;
  for (const bool late : {false, true}) {
    for (const std::uint64_t length : {8u, 48u, 100u, 5000u, 100'000u, 300'000u}) {
      receiving first(0, 1, 0, true);
      first.op.where.grow = [](void*, std::uint64_t, std::uint32_t) -> void* {
        throw std::bad_alloc();
      };
      sending send(1, 1, pattern(length, 1));
      if (!late) w.post(1, first);
      w.start(0, send);
      w.poll_until_idle();
      if (late) w.post(1, first);
      ASSERT_EQ(first.op.ended, outcome::failed);
      EXPECT_THROW(std::rethrow_exception(first.op.problem), std::bad_alloc);
      receiving second(0, 1, length, true);
      w.post(1, second);
      w.poll_until([&] { return second.op.complete() && send.op.complete(); });
      EXPECT_TRUE(same(second.bytes, send.bytes)) << length;
    }
  }
}

// The receiver of an offer needs a ring for its answers.
TYPED_TEST(wire_shortage, an_offer_that_can_not_be_answered_yet_is_kept) {
  auto& w = this->world_;
  sending offer(1, 1, pattern(100'000, 1));
  receiving receive(0, 1, 100'000);
  w.start(0, offer);
  w.post(1, receive);
  with_refused_call(SYS_fallocate, ENOSPC, [&] { EXPECT_THROW(w.wire(1).poll(), resource_error); });
  EXPECT_FALSE(receive.op.complete());
  w.poll_until([&] { return receive.op.complete() && offer.op.complete(); });
  EXPECT_TRUE(same(receive.bytes, offer.bytes));
}

TYPED_TEST(wire_shortage, a_ring_that_can_not_grow_will_do) {
  auto& w = this->world_;
  const std::uint64_t length = w.eager_limit() == 0 ? 0 : 40;
  std::list<sending> sends;
  std::list<receiving> receives;
  w.start(0, sends.emplace_back(1, 1, pattern(length, 0)));  // makes the ring
  w.post(1, receives.emplace_back(0, 1, length));
  w.poll_until([&] { return sends.back().op.complete(); });
  with_refused_call(SYS_fallocate, ENOSPC, [&] {
    for (std::uint32_t i = 1; i < 500; ++i) {
      try {
        w.start(0, sends.emplace_back(1, 1, pattern(length, i)));
      } catch (const resource_error&) {  // for an offer: then nothing was sent
        sends.pop_back();
        break;
      }
      w.wire(0).poll();
      if (i % 200 == 199) w.wire(1).poll();
    }
    while (receives.size() < sends.size()) w.post(1, receives.emplace_back(0, 1, length));
    w.poll_until([&] { return receives.back().op.complete() && w.wire(0).quiet(); });
  });
  std::uint32_t message = 0;
  for (const receiving& r : receives) {
    ASSERT_TRUE(same(r.bytes, pattern(length, message))) << message;
    ++message;
  }
}

// A stream whose sender gets no memory for blocks fails at the sender; the receive goes on waiting.
TEST(wire_shortage, a_stream_without_memory_fails_at_its_sender_alone) {
  const time_limit limit;
  shm_world<two_copies> w(2);
  sending lost(1, 1, pattern(100'000, 1));
  receiving receive(0, 1, 100'000);
  w.start(0, lost);
  w.post(1, receive);
  w.wire(1).poll();
  // What is left of the pages that the rings have taken.
  with_refused_call(SYS_fallocate, ENOSPC,
                    [&] { w.poll_until([&] { return lost.op.complete(); }); });
  EXPECT_EQ(lost.op.ended, outcome::failed);
  EXPECT_THROW(std::rethrow_exception(lost.op.problem), resource_error);
  w.poll_until([&] { return w.wire(0).quiet(); });
  EXPECT_FALSE(receive.op.complete());
  sending next(1, 1, pattern(100'000, 2));
  w.start(0, next);
  w.poll_until([&] { return receive.op.complete() && next.op.complete(); });
  EXPECT_TRUE(same(receive.bytes, next.bytes));
}

// membarrier fails when the kernel has no memory for it. Who is not certain to be called goes on
// looking.
TEST(wire_shortage, a_member_that_can_not_fence_does_not_stop_looking) {
  const time_limit limit;
  shm_world<single_copy> w(6);
  std::list<sending> sends;
  for (std::uint32_t m = 1; m < 6; ++m) {
    w.start(m, sends.emplace_back(0, 1, pattern(8, m)));
  }
  while (w.wire(0).poll()) {
  }
  auto& attention = w.memory().member(0).attention[0];
  const std::uint64_t all = 0b111110;
  ASSERT_EQ(attention.load(), all);
  with_refused_call(SYS_membarrier, ENOMEM, [&] {
    for (int i = 0; i < 5000; ++i) w.wire(0).poll();
    EXPECT_EQ(attention.load(), all);
    EXPECT_TRUE(w.wire(0).arm());
    EXPECT_EQ(attention.load(), all);
  });
  for (int i = 0; i < 5000; ++i) w.wire(0).poll();
  EXPECT_EQ(attention.load(), 0u);
}

// What only poll() gets on with is not left behind by who takes the short way of a receive.
TEST(wire_shortage, a_quick_receive_gives_way_to_unfinished_work) {
  const time_limit limit;
  shm_world<two_copies> w(3);
  ASSERT_TRUE(w.try_send(0, 1, 1, pattern(8, 1)));
  sending stream(2, 1, pattern(1'000'000, 2));
  receiving receive(1, 1, 1'000'000);
  w.post(2, receive);
  w.start(1, stream);
  w.wire(2).poll();
  w.wire(1).poll_from(2);  // asked to send it in blocks
  w.wire(1).poll_from(0);
  receiving quick(0, 1, 8);
  detail::message_facts facts;
  ASSERT_TRUE(w.try_send(0, 1, 1, pattern(8, 3)));
  EXPECT_TRUE(w.wire(1).unfinished());
  EXPECT_EQ(w.wire(1).try_receive(0, 0, 1, quick.op.where, facts),
            runtime::shm_wire::glance::something);
  w.poll_until([&] { return stream.op.complete(); });
  w.poll_until_idle();
  EXPECT_FALSE(w.wire(1).unfinished());
  ASSERT_TRUE(w.try_send(0, 1, 1, pattern(8, 3)));
  EXPECT_EQ(w.wire(1).try_receive(0, 0, 1, quick.op.where, facts),
            runtime::shm_wire::glance::received);
}

}  // namespace
}  // namespace cohort::test
