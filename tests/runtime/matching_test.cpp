// The matching engine against an oracle: random calls on both, and after each of them every receive
// and every message must be in the same state. The oracle is lists and the rules of matching.hpp.
#include "runtime/matching.hpp"

#include <cohort/constants.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <list>
#include <memory>
#include <random>
#include <vector>

namespace cohort::runtime {
namespace {

constexpr detail::element_type octet{100, 1, "octet"};
constexpr detail::element_type other{101, 1, "other"};
constexpr std::uint32_t members = 3;

// A wire that does what the test tells it, when it tells it.
class scripted_source final : public transfer_source {
 public:
  explicit scripted_source(bool streams) : streams_(streams) {}
  void fetch(arrival& message) override {
    message.streaming = streams_;
    message.done = 0;
  }
  void interrupt(arrival& message) override {
    if (message.streaming) return;
    message.data = nullptr;
    message.done = 0;
  }
  bool stands(const arrival&) const override { return true; }

 private:
  const bool streams_;
};

struct receive_model {
  operation op;
  std::vector<std::byte> room;
  // The oracle's view.
  enum { idle, posted, taking, ended } state = idle;
  outcome how = outcome::pending;
  struct message_model* message = nullptr;
  std::uint64_t number = 0;
};

struct message_model {
  enum kind { whole, blocks, offer, stream } what = whole;
  std::uint32_t source = 0;
  envelope header{};
  std::vector<std::byte> bytes;
  std::uint64_t number = 0;
  arrival* there = nullptr;  // the engine's, until it is received
  // The oracle's view.
  enum { unexpected, held, taken, received, lost } state = unexpected;
  receive_model* receiver = nullptr;
  bool complete = false;  // all of its bytes were brought
  bool gone = false;      // lost while it was held
};

class matching_against_oracle {
 public:
  explicit matching_against_oracle(std::uint32_t seed) : dice_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      step();
      check();
    }
  }

 private:
  std::uint32_t roll(std::uint32_t sides) { return static_cast<std::uint32_t>(dice_() % sides); }
  template <class List, class Wanted>
  auto pick(List& list, Wanted&& wanted) -> decltype(&list.front()) {
    std::vector<decltype(&list.front())> found;
    for (auto& element : list) {
      if (wanted(element)) found.push_back(&element);
    }
    return found.empty() ? nullptr : found[roll(static_cast<std::uint32_t>(found.size()))];
  }

  void step() {
    switch (roll(12)) {
      case 0:
      case 1:
      case 2:
        return post();
      case 3:
      case 4:
      case 5:
        return arrive();
      case 6:
      case 7:
        return bring();
      case 8:
        return take_back();
      case 9:
        return hold();
      case 10:
        return end_hold();
      default:
        return lose();
    }
  }

  // The rules. ---------------------------------------------------------------------------------

  static bool matches(const receive_model& r, const message_model& m) {
    return (r.op.member == any_member || r.op.member == static_cast<std::int32_t>(m.source)) &&
           r.op.context == m.header.context && (r.op.tag == any_tag || r.op.tag == m.header.tag);
  }
  static outcome verdict(const receive_model& r, const message_model& m) {
    if (r.op.where.type->id != m.header.type) return outcome::wrong_type;
    return m.bytes.size() > r.room.size() ? outcome::wrong_length : outcome::done;
  }
  // False if the receive ended with an error instead.
  static bool couple(receive_model& r, message_model& m) {
    const outcome how = verdict(r, m);
    if (how != outcome::done) {
      r.state = receive_model::ended;
      r.how = how;
      return false;
    }
    r.state = receive_model::taking;
    r.message = &m;
    m.state = message_model::taken;
    m.receiver = &r;
    if (m.complete) finish(m);
    return true;
  }
  static void finish(message_model& m) {
    m.complete = true;
    if (m.state != message_model::taken) return;
    m.state = message_model::received;
    m.receiver->state = receive_model::ended;
    m.receiver->how = outcome::done;
    m.there = nullptr;
  }
  void oracle_match(receive_model& r) {
    message_model* first = nullptr;
    for (message_model& m : messages_) {
      if (m.state == message_model::unexpected && matches(r, m) &&
          (!first || m.number < first->number)) {
        first = &m;
      }
    }
    r.state = receive_model::posted;
    if (first) couple(r, *first);
  }
  void oracle_give(message_model& m) {
    m.state = message_model::unexpected;
    m.receiver = nullptr;
    for (;;) {
      receive_model* first = nullptr;
      for (receive_model& r : receives_) {
        if (r.state == receive_model::posted && matches(r, m) &&
            (!first || r.number < first->number)) {
          first = &r;
        }
      }
      if (!first || couple(*first, m)) return;
    }
  }

  // The calls. ---------------------------------------------------------------------------------

  void post() {
    receive_model& r = receives_.emplace_back();
    r.room.resize(roll(8) == 0 ? 20 : 400);
    r.op.member = roll(3) == 0 ? any_member : static_cast<std::int32_t>(roll(members));
    r.op.tag = roll(3) == 0 ? any_tag : static_cast<std::int32_t>(roll(2));
    r.op.context = roll(4) == 0 ? 1 : 0;
    r.op.where.type = roll(20) == 0 ? &other : &octet;
    r.op.where.data = r.room.data();
    r.op.where.capacity = r.room.size();
    r.number = ++numbers_;
    oracle_match(r);
    engine_.post(r.op);
  }

  void arrive() {
    message_model& m = messages_.emplace_back();
    m.what = static_cast<message_model::kind>(roll(4));
    m.source = roll(members);
    m.header = {static_cast<std::int32_t>(roll(2)), roll(4) == 0 ? 1u : 0u, octet.id};
    m.bytes.resize(m.what == message_model::whole ? roll(inline_bytes + 1) : 1 + roll(300));
    for (std::byte& b : m.bytes) b = static_cast<std::byte>(roll(256));
    m.number = ++numbers_;
    m.complete = m.what == message_model::whole;
    oracle_give(m);
    switch (m.what) {
      case message_model::whole:
        engine_.deliver(m.source, m.header, m.bytes.data(),
                        static_cast<std::uint32_t>(m.bytes.size()));
        if (m.state == message_model::unexpected) m.there = newest(m);
        break;
      case message_model::blocks:
        m.there = &engine_.begin(m.source, m.header, m.bytes.size());
        break;
      default:
        m.there = &engine_.create(m.source, m.header, m.bytes.size());
        m.there->offer = m.what == message_model::stream ? &streaming_ : &copying_;
        engine_.offered(*m.there);
    }
  }
  arrival* newest(const message_model& m) {
    arrival* last = nullptr;
    engine_.for_each_unexpected(static_cast<std::int32_t>(m.source), m.header.context,
                                [&](arrival& a) { last = &a; });
    return last;
  }

  // Brings some of the bytes of a message that is on its way.
  void bring() {
    message_model* m = pick(messages_, [](const message_model& m) {
      return !m.complete && m.there && m.there->data && m.state != message_model::lost &&
             (m.what == message_model::blocks || m.there->streaming ||
              m.state == message_model::taken);
    });
    if (!m) return;
    arrival& a = *m->there;
    const std::uint64_t left = a.length - a.done;
    const std::uint64_t bytes = roll(2) == 0 ? left : left / 2;
    std::memcpy(a.data + a.done, m->bytes.data() + a.done, bytes);
    a.done += bytes;
    if (!a.whole()) return;
    finish(*m);
    engine_.arrived(a);
  }

  void take_back() {
    receive_model* r = pick(receives_, [](const receive_model& r) {
      return r.state == receive_model::posted || r.state == receive_model::taking;
    });
    if (!r) return;
    const bool was_posted = r->state == receive_model::posted;
    message_model* m = r->message;
    r->state = receive_model::ended;
    r->how = outcome::cancelled;
    ASSERT_EQ(engine_.unpost(r->op), was_posted);
    if (!was_posted) {
      engine_.give_back(r->op);
      oracle_give(*m);
    }
    r->op.ended = outcome::cancelled;
    std::fill(r->room.begin(), r->room.end(), std::byte{0});  // must not be written from now on
    freed_.push_back(r);
  }

  void hold() {
    message_model* m = pick(
        messages_, [](const message_model& m) { return m.state == message_model::unexpected; });
    if (!m) return;
    m->state = message_model::held;
    engine_.hold(*m->there);
  }

  void end_hold() {
    message_model* m =
        pick(messages_, [](const message_model& m) { return m.state == message_model::held; });
    if (!m) return;
    arrival& a = *m->there;
    if (roll(2) == 0) {
      if (m->gone)
        m->state = message_model::lost;
      else
        oracle_give(*m);
      if (m->gone) m->there = nullptr;
      engine_.release_held(a);
      return;
    }
    receive_model& r = receives_.emplace_back();
    r.room.resize(roll(4) == 0 ? 20 : 400);
    r.op.where.type = roll(8) == 0 ? &other : &octet;
    r.op.where.data = r.room.data();
    r.op.where.capacity = r.room.size();
    bool taken = true;
    if (m->gone) {
      m->state = message_model::lost;
      m->there = nullptr;
      r.state = receive_model::ended;
      r.how = outcome::lost;
    } else {
      taken = couple(r, *m);
    }
    ASSERT_EQ(engine_.receive_held(a, r.op), taken);
  }

  // A message is not coming after all. A receive that had it looks for the next.
  void lose() {
    message_model* m = pick(messages_, [](const message_model& m) {
      return !m.complete && m.there && !m.gone && m.state != message_model::lost;
    });
    // A held receive was never in the queue; it belongs to nobody's order.
    if (!m || (m->receiver && m->receiver->number == 0)) return;
    arrival& a = *m->there;
    receive_model* r = m->receiver;
    if (m->state == message_model::held) {
      m->gone = true;
    } else {
      m->state = message_model::lost;
      m->receiver = nullptr;
      m->there = nullptr;
    }
    engine_.lost(a);
    if (r) {
      r->message = nullptr;
      oracle_match(*r);
    }
  }

  // The comparison. ----------------------------------------------------------------------------

  void check() {
    for (const receive_model& r : receives_) {
      ASSERT_EQ(r.op.complete(), r.state == receive_model::ended);
      ASSERT_EQ(r.op.incoming != nullptr, r.state == receive_model::taking);
      if (r.state == receive_model::taking) {
        ASSERT_EQ(r.op.incoming, r.message->there);
      }
      if (r.state != receive_model::ended) continue;
      ASSERT_EQ(r.op.ended, r.how);
      if (r.how != outcome::done) continue;
      ASSERT_EQ(r.op.from, static_cast<std::int32_t>(r.message->source));
      ASSERT_EQ(r.op.message_tag, r.message->header.tag);
      ASSERT_EQ(r.op.message_bytes, r.message->bytes.size());
      ASSERT_TRUE(std::equal(r.message->bytes.begin(), r.message->bytes.end(), r.room.begin()));
    }
    for (const receive_model* r : freed_) {
      ASSERT_TRUE(std::all_of(r->room.begin(), r->room.end(), [](std::byte b) {
        return b == std::byte{0};
      })) << "written after it was taken back";
    }
    for (std::uint32_t context : {0u, 1u}) {
      for (std::int32_t source : {any_member, 0, 1, 2}) {
        for (std::int32_t tag : {any_tag, 0, 1}) {
          const message_model* first = nullptr;
          for (const message_model& m : messages_) {
            if (m.state == message_model::unexpected && m.header.context == context &&
                (source == any_member || source == static_cast<std::int32_t>(m.source)) &&
                (tag == any_tag || tag == m.header.tag) && (!first || m.number < first->number)) {
              first = &m;
            }
          }
          ASSERT_EQ(engine_.find(source, tag, context), first ? first->there : nullptr);
        }
      }
    }
    forget();
  }
  // What has ended is out of the game.
  void forget() {
    receives_.remove_if([&](const receive_model& r) {
      if (r.state != receive_model::ended) return false;
      return std::find(freed_.begin(), freed_.end(), &r) == freed_.end();
    });
    if (freed_.size() > 20) {
      const receive_model* oldest = freed_.front();
      freed_.erase(freed_.begin());
      receives_.remove_if([&](const receive_model& r) { return &r == oldest; });
    }
    messages_.remove_if([](const message_model& m) {
      return m.state == message_model::received || m.state == message_model::lost;
    });
  }

  std::mt19937 dice_;
  scripted_source copying_{false};
  scripted_source streaming_{true};
  matching_engine engine_{members};
  std::list<receive_model> receives_;
  std::list<message_model> messages_;
  std::vector<const receive_model*> freed_;
  std::uint64_t numbers_ = 0;
};

TEST(matching, does_what_the_oracle_does) {
  for (std::uint32_t seed = 1; seed <= 60 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    matching_against_oracle(seed).run(1500);
  }
}

// The rules one by one, for whoever reads a failure of the above.
// ----------------------------------

class matching_rules : public testing::Test {
 protected:
  struct receiver {
    receiver(std::int32_t member, std::int32_t tag, std::size_t capacity = 400) : room(capacity) {
      op.member = member;
      op.tag = tag;
      op.where.type = &octet;
      op.where.data = room.data();
      op.where.capacity = capacity;
    }
    std::vector<std::byte> room;
    operation op;
  };
  void deliver(std::uint32_t member, std::int32_t tag, std::uint8_t value,
               std::uint32_t type = 100) {
    const auto byte = static_cast<std::byte>(value);
    engine_.deliver(member, {tag, 0, type}, &byte, 1);
  }

  scripted_source copying_{false};
  matching_engine engine_{members};
};

TEST_F(matching_rules, the_receive_posted_first_gets_the_message) {
  receiver named(1, 5), any(any_member, any_tag);
  engine_.post(any.op);
  engine_.post(named.op);
  deliver(1, 5, 1);
  EXPECT_TRUE(any.op.complete());
  EXPECT_FALSE(named.op.complete());
}

TEST_F(matching_rules, is_idle_only_when_nothing_waits) {
  EXPECT_TRUE(engine_.idle(1));
  receiver any(any_member, 9);
  engine_.post(any.op);
  EXPECT_FALSE(engine_.idle(1));
  engine_.unpost(any.op);
  EXPECT_TRUE(engine_.idle(1));
  deliver(1, 5, 1);
  EXPECT_FALSE(engine_.idle(1));
  EXPECT_TRUE(engine_.idle(2));
}

TEST_F(matching_rules, a_message_of_another_type_stays_for_the_next_receive) {
  deliver(1, 5, 42, other.id);
  receiver wrong(1, 5), right(1, 5);
  engine_.post(wrong.op);
  EXPECT_EQ(wrong.op.ended, outcome::wrong_type);
  EXPECT_EQ(wrong.op.message_type, other.id);
  right.op.where.type = &other;
  engine_.post(right.op);
  EXPECT_EQ(right.op.ended, outcome::done);
  EXPECT_EQ(right.room[0], std::byte{42});
}

TEST_F(matching_rules, raw_bytes_and_archives_match_every_type) {
  for (const std::uint32_t type : {detail::raw_bytes_id, detail::packed_archive_id}) {
    receiver r(1, 5);
    engine_.post(r.op);
    deliver(1, 5, 1, type);
    EXPECT_EQ(r.op.ended, outcome::done);
    const detail::element_type wanted{type, 1, "anything"};
    receiver anything(1, 5);
    anything.op.where.type = &wanted;
    engine_.post(anything.op);
    deliver(1, 5, 1, octet.id);
    EXPECT_EQ(anything.op.ended, outcome::done);
  }
}

TEST_F(matching_rules, an_exact_receive_wants_that_length) {
  receiver exact(1, 5, 4);
  exact.op.where.exact = true;
  engine_.post(exact.op);
  deliver(1, 5, 1);
  EXPECT_EQ(exact.op.ended, outcome::wrong_length);
  EXPECT_EQ(exact.op.message_bytes, 1u);
  EXPECT_NE(engine_.find(1, 5, 0), nullptr);
}

TEST_F(matching_rules, a_place_that_can_not_grow_leaves_the_message) {
  receiver r(1, 5);
  r.op.where.grow = [](void*, std::uint64_t, std::uint32_t) -> void* { throw std::bad_alloc(); };
  engine_.post(r.op);
  deliver(1, 5, 7);
  EXPECT_EQ(r.op.ended, outcome::failed);
  EXPECT_THROW(std::rethrow_exception(r.op.problem), std::bad_alloc);
  receiver next(1, 5);
  engine_.post(next.op);
  EXPECT_EQ(next.op.ended, outcome::done);
  EXPECT_EQ(next.room[0], std::byte{7});
}

TEST_F(matching_rules, the_gone_leave_their_whole_messages) {
  deliver(1, 5, 1);
  engine_.begin(1, {6, 0, octet.id}, 100);
  arrival& offer = engine_.create(1, {7, 0, octet.id}, 100);
  offer.offer = &copying_;
  engine_.offered(offer);
  receiver named(1, 8), elsewhere(2, 8), any(any_member, 8);
  engine_.post(named.op);
  engine_.post(elsewhere.op);
  engine_.post(any.op);
  engine_.source_gone(1);
  EXPECT_NE(engine_.find(1, 5, 0), nullptr);
  EXPECT_EQ(engine_.find(1, 6, 0), nullptr);
  EXPECT_EQ(engine_.find(1, 7, 0), nullptr);
  EXPECT_EQ(named.op.ended, outcome::peer_gone);
  EXPECT_FALSE(elsewhere.op.complete());
  EXPECT_FALSE(any.op.complete()) << "that is for the caller to judge";
  int found = 0;
  engine_.for_each_any_source([&](operation& r) {
    ++found;
    engine_.end_posted(r, outcome::peer_gone, 1);
  });
  EXPECT_EQ(found, 1);
  EXPECT_EQ(any.op.ended, outcome::peer_gone);
}

// The sender writes straight into the receive's memory only while the message is on its way.
TEST_F(matching_rules, a_lost_message_ends_the_cooperation) {
  receiver r(1, 5);
  engine_.post(r.op);
  arrival& offer = engine_.create(1, {5, 0, octet.id}, 100);
  offer.offer = &copying_;
  engine_.offered(offer);
  ASSERT_EQ(r.op.incoming, &offer);
  r.op.cooperating = true;
  engine_.lost(offer);
  EXPECT_FALSE(r.op.cooperating) << "a call that waits for the sender to leave would never return";
}

}  // namespace
}  // namespace cohort::runtime
