// What the shm wire does about lines and words that no member writes: a clear error, or nothing,
// and never an access out of bounds (which the address sanitizer would see).
#include "runtime/time_limit.hpp"
#include "runtime/wire_suite.hpp"

#include <cohort/constants.hpp>
#include <cohort/error.hpp>

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

namespace cohort::test {
namespace {

using runtime::form;
using runtime::outcome;

constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

// Member 0 writes what it likes to member 1; member 2 behaves.
template <class Variant>
class damaged_world : public shm_world<Variant> {
 public:
  damaged_world() : shm_world<Variant>(3), heap_(this->memory(), 0) {
    const std::uint64_t ring = heap_.allocate(runtime::ring_bytes(runtime::first_ring_slots));
    out_.attach(this->memory(), ring, runtime::first_ring_slots, 0, 0);
    this->memory().directory(1, 0).store(ring);
    runtime::call_attention(this->memory(), 1, 0);
  }

  template <class Body>
  void say(std::uint32_t what, const Body& body, std::int32_t tag = 1) {
    runtime::slot& s = out_.next();
    s.context_form = what << 24;
    s.type = octet.id;
    std::memcpy(s.body, &body, sizeof body);
    out_.publish(tag);
  }
  template <class Body>
  void say(form what, const Body& body) {
    say(static_cast<std::uint32_t>(what), body);
  }
  void say_something_good() { say(8, std::uint64_t{42}); }

  // Memory of member 0 in the arena.
  std::uint64_t allocate(std::uint64_t bytes) { return heap_.allocate(bytes); }
  std::uint64_t heap_of(std::uint32_t member) { return this->memory().map().heap(member); }
  std::uint64_t end() { return this->memory().map().size(); }

  // As long as the damage stands, whoever comes by is told.
  void expect_error(const char* what) {
    SCOPED_TRACE(what);
    EXPECT_THROW(this->wire(1).poll(), resource_error);
    EXPECT_THROW(this->wire(1).poll(), resource_error);
  }
  // The lines so far were ignored: the next one comes, and nothing else has.
  void expect_nothing() {
    say_something_good();
    receiving receive(runtime::any_member, any_tag, 1000);
    this->post(1, receive);
    this->wire(1).poll();
    ASSERT_EQ(receive.op.ended, outcome::done);
    EXPECT_EQ(receive.op.message_bytes, 8u);
    EXPECT_TRUE(this->wire(1).quiet());
  }

 private:
  runtime::heap heap_;
  runtime::ring_producer out_;
};
using copying = damaged_world<single_copy>;
using streaming = damaged_world<two_copies>;

TEST(wire_damage, a_form_that_there_is_not_is_an_error) {
  const time_limit limit;
  for (std::uint32_t what = runtime::inline_bytes + 1; what < 256; ++what) {
    if (what >= static_cast<std::uint32_t>(form::block) &&
        what <= static_cast<std::uint32_t>(form::moved)) {
      continue;
    }
    copying w;
    receiving receive(0, 1, 1000);
    w.post(1, receive);
    w.say(what, std::uint64_t{0});
    w.expect_error("form");
    EXPECT_FALSE(receive.op.complete());
    detail::message_facts facts;
    EXPECT_NE(w.wire(1).try_receive(0, 0, 1, receive.op.where, facts),
              runtime::shm_wire::glance::received);
    EXPECT_TRUE(w.engine(1).unpost(receive.op));
  }
}

TEST(wire_damage, a_block_that_is_not_in_the_arena_is_an_error) {
  const time_limit limit;
  for (const bool fast : {false, true}) {
    for (const std::uint64_t past : {0u, 1u, 99u}) {
      copying w;
      w.say(form::block, runtime::block_body{100, w.end() - past, 100});
      if (fast) {
        receiving receive(0, 1, 1000);
        detail::message_facts facts;
        EXPECT_FALSE(w.wire(1).poll_from(2));
        EXPECT_EQ(w.wire(1).try_receive(0, 0, 1, receive.op.where, facts),
                  runtime::shm_wire::glance::something);
      }
      w.expect_error("block");
    }
    copying w;
    w.say(form::block, runtime::block_body{100, nowhere, 100});
    w.expect_error("block nowhere");
  }
}

TEST(wire_damage, blocks_that_make_no_message_are_an_error) {
  const time_limit limit;
  const auto say_blocks = [](std::initializer_list<runtime::block_body> blocks, form first) {
    copying w;
    form what = first;
    for (runtime::block_body b : blocks) {
      b.offset = w.heap_of(0);
      w.say(what, b);
      what = first;
    }
    w.expect_error("blocks");
  };
  say_blocks({{100, 0, 50}}, form::more);                      // of nothing
  say_blocks({{100, 0, 101}}, form::block);                    // longer than the message
  say_blocks({{100, 0, 50}, {100, 0, 50}}, form::block);       // a message within a message
  say_blocks({{std::uint64_t{1} << 50, 0, 50}}, form::block);  // longer than any
}

TEST(wire_damage, an_offer_that_is_not_the_senders_is_an_error) {
  const time_limit limit;
  copying probe;
  for (const std::uint64_t descriptor :
       {std::uint64_t{0}, nowhere, probe.heap_of(1), probe.heap_of(0) - 64, probe.heap_of(0) + 8,
        probe.end() - 8, probe.end()}) {
    copying w;
    w.say(form::rendezvous, runtime::rendezvous_body{100, descriptor, 0, 0});
    w.expect_error("offer");
  }
  copying w;
  const std::uint64_t twice = w.allocate(sizeof(runtime::offer));
  w.say(form::rendezvous, runtime::rendezvous_body{100, twice, 0, 0});
  w.say(form::rendezvous, runtime::rendezvous_body{100, twice, 0, 0});
  w.expect_error("the same offer twice");
}

TEST(wire_damage, a_ring_that_can_not_be_is_an_error) {
  const time_limit limit;
  for (const bool first : {false, true}) {
    copying probe;
    for (const std::uint64_t offset : {nowhere, probe.end(), probe.end() - 64, probe.heap_of(0) + 8,
                                       probe.heap_of(0) + (4 << 20)}) {
      copying w;  // the last: a capacity of 0
      if (first)
        w.memory().directory(1, 0).store(offset);
      else
        w.say(form::moved, runtime::moved_body{offset});
      w.expect_error("ring");
    }
  }
}

TEST(wire_damage, words_about_unknown_offers_are_ignored) {
  const time_limit limit;
  copying w;
  for (const form what : {form::stream, form::help, form::finished, form::withdrawn, form::chunk}) {
    for (const std::uint64_t descriptor :
         {std::uint64_t{0}, std::uint64_t{8}, nowhere, w.heap_of(0), w.heap_of(1)}) {
      w.say(what, runtime::chunk_body{descriptor, nowhere, 100});
    }
  }
  w.expect_nothing();
}

TEST(wire_damage, words_about_other_members_offers_are_ignored) {
  const time_limit limit;
  for (const form what : {form::stream, form::help, form::finished, form::withdrawn, form::chunk}) {
    streaming w;
    sending out(2, 1, pattern(100'000, 1));
    sending in(1, 2, pattern(100'000, 2));
    w.start(1, out);
    w.start(2, in);
    w.wire(1).poll();
    ASSERT_NE(w.engine(1).find(2, 2, 0), nullptr);
    for (const sending* s : {&out, &in}) {
      w.say(what, runtime::chunk_body{s->op.descriptor, w.heap_of(0), 100});
    }
    w.wire(1).poll();
    EXPECT_FALSE(out.op.complete());
    receiving there(1, 1, 100'000);
    receiving here(2, 2, 100'000);
    w.post(2, there);
    w.post(1, here);
    while (!out.op.complete() || !in.op.complete()) {
      w.wire(1).poll();
      w.wire(2).poll();
    }
    EXPECT_TRUE(same(there.bytes, out.bytes));
    EXPECT_TRUE(same(here.bytes, in.bytes));
  }
}

TEST(wire_damage, a_stream_is_not_longer_than_its_message) {
  const time_limit limit;
  streaming w;
  const std::uint64_t descriptor = w.allocate(sizeof(runtime::offer));
  const std::uint64_t bytes = w.allocate(16 << 10);
  w.say(form::rendezvous, runtime::rendezvous_body{10'000, descriptor, 0, 0});
  receiving receive(0, 1, 10'000);
  w.post(1, receive);
  w.wire(1).poll();
  w.say(form::chunk, runtime::chunk_body{descriptor, bytes, 8'000});
  w.wire(1).poll();
  w.say(form::chunk, runtime::chunk_body{descriptor, bytes, 8'000});
  w.expect_error("stream");
  EXPECT_FALSE(receive.op.complete());
}

// The length in the offer's record may change at any time; what counts is what the envelope said.
TEST(wire_damage, copying_together_does_not_go_by_the_offers_record) {
  const time_limit limit;
  constexpr std::uint64_t length = 300'000;
  copying w;
  const auto content = pattern(4 * length, 1);
  const std::uint64_t descriptor = w.allocate(sizeof(runtime::offer));
  w.memory().at<runtime::offer>(descriptor)->length = 4 * length;
  w.say(form::rendezvous,
        runtime::rendezvous_body{length, descriptor,
                                 reinterpret_cast<std::uint64_t>(content.data()), 0});
  receiving receive(0, 1, 4 * length, true);
  w.post(1, receive);
  while (!receive.op.complete()) w.wire(1).poll();
  EXPECT_TRUE(same(receive.received(), std::span(content).first(length)));
  EXPECT_EQ(receive.bytes[length], std::byte{0});
  EXPECT_EQ(receive.bytes.back(), std::byte{0});
}

TEST(wire_damage, attention_for_members_that_there_can_not_be_is_ignored) {
  const time_limit limit;
  copying w;
  for (auto& word : w.memory().member(1).attention) word.store(~std::uint64_t{0});
  EXPECT_FALSE(w.wire(1).poll());
  for (auto& word : w.memory().member(1).attention) word.store(~std::uint64_t{0});
  EXPECT_FALSE(w.wire(1).arm());
  runtime::call_attention(w.memory(), 1, 0);
  w.expect_nothing();
}

}  // namespace
}  // namespace cohort::test
