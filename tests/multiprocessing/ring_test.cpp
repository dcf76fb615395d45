// Rings: records of all lengths, limits, growth, blocks that are used again, and what either side
// leaves behind that stops between two steps.
#include "multiprocessing/channel/ring.hpp"

#include "multiprocessing/local_family.hpp"
#include "multiprocessing/memory/attachment.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cohort::test {
namespace {

namespace mp = cohort::multiprocessing;

constexpr std::uint32_t some_type = 77;
constexpr std::uint64_t mebibyte = 1024 * 1024;

// Bytes that tell which record they are of.
std::vector<std::byte> content(std::uint64_t number, std::uint64_t bytes) {
  std::vector<std::byte> result(bytes);
  for (std::uint64_t i = 0; i < bytes; ++i)
    result[i] = static_cast<std::byte>(number * 131 + i * 7 + (i >> 9));
  return result;
}

// An object with a ring in it.
class ring_object {
 public:
  ring_object(local_family& family, const mp::ring_limits& limits) {
    local_family::act(family.root(), [&] {
      object_ = mp::make_object(1, mp::ring::bytes(limits), "ring", call());
    });
    mp::ring::create(family.shared(), header(), limits);
  }
  mp::ring_header& header() const { return object_->payload_as<mp::ring_header>(); }
  mp::object_name name() const { return object_->name(); }
  // As one of the processes sees it.
  mp::ring seen_by(mp::participant& who) const { return mp::ring(who, name(), header()); }

 private:
  mp::object_ref object_;
};

class ring_test : public testing::Test {
 protected:
  ring_object make(const mp::ring_limits& limits) { return ring_object(family_, limits); }
  mp::participant& me() { return *family_.root(); }

  static bool put(mp::ring& r, std::uint64_t number, std::uint64_t bytes) {
    const mp::record_room room = r.begin(some_type, bytes);
    if (!room) return false;
    const auto what = content(number, bytes);
    if (bytes != 0) std::memcpy(room.data, what.data(), bytes);
    r.publish(room);
    r.announce();
    return true;
  }
  static void expect_front(mp::ring& r, std::uint64_t number, std::uint64_t bytes) {
    mp::record next;
    ASSERT_TRUE(r.front(next)) << "record " << number;
    EXPECT_EQ(next.type, some_type);
    ASSERT_EQ(next.bytes, bytes) << "record " << number;
    const auto what = content(number, bytes);
    EXPECT_TRUE(bytes == 0 || std::memcmp(next.data, what.data(), bytes) == 0) << number;
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(next.data) % 8, 0u);
  }
  static void expect_and_pop(mp::ring& r, std::uint64_t number, std::uint64_t bytes) {
    expect_front(r, number, bytes);
    mp::record next;
    ASSERT_TRUE(r.front(next));
    r.pop(next);
    r.announce_room();
  }

  local_family family_;
};

TEST_F(ring_test, is_empty_at_first) {
  const ring_object object = make({});
  mp::ring r = object.seen_by(me());
  mp::record next;
  EXPECT_FALSE(r.front(next));
  EXPECT_FALSE(r.readable());
  EXPECT_EQ(r.size(), 0u);
}

TEST_F(ring_test, records_of_all_lengths_come_out_in_order) {
  const ring_object object = make({});
  mp::ring r = object.seen_by(me());
  std::vector<std::uint64_t> lengths;
  for (std::uint64_t n = 0; n < 300; ++n) lengths.push_back(n);
  for (const std::uint64_t n : {4095u, 4096u, 4097u, 65535u, 65536u, 65537u, 65528u, 65520u})
    lengths.push_back(n);
  lengths.push_back(mebibyte);
  lengths.push_back(16 * mebibyte);
  lengths.push_back(16 * mebibyte + 1);
  lengths.push_back(0);
  for (std::uint64_t i = 0; i < lengths.size(); ++i) ASSERT_TRUE(put(r, i, lengths[i]));
  EXPECT_EQ(r.size(), lengths.size());
  for (std::uint64_t i = 0; i < lengths.size(); ++i) expect_and_pop(r, i, lengths[i]);
  EXPECT_FALSE(r.readable());
}

TEST_F(ring_test, blocks_are_used_again) {
  const ring_object object = make({});
  mp::ring r = object.seen_by(me());
  const std::uint64_t first = r.footprint();
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(put(r, i, i % 61));
    ASSERT_TRUE(put(r, i + 1, i % 53));
    expect_and_pop(r, i, i % 61);
    expect_and_pop(r, i + 1, i % 53);
  }
  EXPECT_EQ(r.footprint(), first);
}

TEST_F(ring_test, blocks_of_long_records_are_used_again) {
  const ring_object object = make({.bytes = 2 * mebibyte});
  mp::ring r = object.seen_by(me());
  std::uint64_t after_some = 0;
  for (std::uint64_t i = 0; i < 60; ++i) {
    ASSERT_TRUE(put(r, i, mebibyte));
    ASSERT_TRUE(put(r, i, 5));
    expect_and_pop(r, i, mebibyte);
    expect_and_pop(r, i, 5);
    if (i == 3) after_some = r.footprint();
  }
  EXPECT_EQ(r.footprint(), after_some);
}

TEST_F(ring_test, a_limit_of_items_is_exact) {
  for (const std::uint32_t limit : {1u, 2u, 7u, 1000u}) {
    const ring_object object = make({.items = limit});
    mp::ring r = object.seen_by(me());
    std::uint64_t in = 0;
    std::uint64_t out = 0;
    for (int lap = 0; lap < 3; ++lap) {
      while (r.size() < limit) ASSERT_TRUE(put(r, in++, 100));
      const mp::record_room none = r.begin(some_type, 1);
      ASSERT_FALSE(none);
      EXPECT_FALSE(r.has_moved_since(none));
      expect_and_pop(r, out++, 100);
      EXPECT_TRUE(r.has_moved_since(none));
      EXPECT_EQ(r.size(), limit - 1);
    }
  }
}

TEST_F(ring_test, a_limit_of_bytes_holds_back_short_and_long_records) {
  const ring_object object = make({.bytes = 2 * mebibyte, .block_bytes = 4096});
  mp::ring r = object.seen_by(me());
  std::uint64_t in = 0;
  while (put(r, in, 56)) ++in;
  EXPECT_EQ(in, 2u * 4096 / 64);
  EXPECT_EQ(r.footprint(), 2u * 4096);
  // A long record has blocks of its own.
  ASSERT_TRUE(put(r, in++, mebibyte));
  std::uint64_t longs = 1;
  while (put(r, in, mebibyte)) ++in, ++longs;
  EXPECT_LE(longs, 3u);
  const mp::record_room none = r.begin(some_type, mebibyte);
  ASSERT_FALSE(none);
  std::uint64_t out = 0;
  for (; out < 2u * 4096 / 64; ++out) expect_and_pop(r, out, 56);
  // The last short record is read, and so its block is free when the next record is looked at.
  expect_front(r, out, mebibyte);
  EXPECT_TRUE(r.has_moved_since(none));
  for (; out < in; ++out) expect_and_pop(r, out, mebibyte);
}

TEST_F(ring_test, a_record_longer_than_the_limit_passes) {
  const ring_object object = make({.bytes = 4096, .block_bytes = 4096});
  mp::ring r = object.seen_by(me());
  for (std::uint64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(put(r, i, 3 * mebibyte));
    expect_and_pop(r, i, 3 * mebibyte);
  }
}

TEST_F(ring_test, a_ring_without_limits_grows_and_gives_back) {
  const ring_object object = make({});
  mp::ring r = object.seen_by(me());
  constexpr std::uint64_t count = 80'000;
  for (std::uint64_t i = 0; i < count; ++i) ASSERT_TRUE(put(r, i, 1000));
  EXPECT_GE(r.footprint(), count * 1008);
  EXPECT_EQ(r.size(), count);
  for (std::uint64_t i = 0; i < count; ++i) expect_and_pop(r, i, 1000);
  EXPECT_TRUE(r.has_spare_blocks());
  r.trim();
  EXPECT_LE(r.footprint(), 68 * mebibyte);
  EXPECT_LT(r.footprint(), count * 1008);
  ASSERT_TRUE(put(r, 1, 10));
  expect_and_pop(r, 1, 10);
}

// A queue lives longer than 2^32 items.
TEST_F(ring_test, counts_wrap) {
  const ring_object object = make({.items = 100});
  constexpr std::uint32_t close_to_the_end = 0xffffffff - 150;
  object.header().tail.store(close_to_the_end);
  object.header().head.store(close_to_the_end);
  object.header().known_head.store(close_to_the_end);
  object.header().known_tail.store(close_to_the_end);
  mp::ring r = object.seen_by(me());
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (int lap = 0; lap < 50; ++lap) {
    while (put(r, in, 3000)) ++in;
    EXPECT_EQ(r.size(), 100u);
    for (int i = 0; i < 70; ++i, ++out) expect_and_pop(r, out, 3000);
  }
}

TEST_F(ring_test, a_producer_that_stops_before_it_publishes_has_put_nothing) {
  const ring_object object = make({});
  for (const std::uint64_t length : {std::uint64_t{8}, std::uint64_t{60'000}, mebibyte}) {
    const auto dead = family_.join();
    mp::ring theirs = object.seen_by(*dead);
    mp::ring r = object.seen_by(me());
    ASSERT_TRUE(put(theirs, 1, 40'000));
    const mp::record_room unfinished = theirs.begin(some_type, length);
    ASSERT_TRUE(unfinished);
    std::memset(unfinished.data, 0xee, length);
    family_.kill(*dead);

    EXPECT_EQ(r.size(), 1u);
    r.adopt();
    ASSERT_TRUE(put(r, 2, 30'000));
    ASSERT_TRUE(put(r, 3, 10));
    expect_and_pop(r, 1, 40'000);
    expect_and_pop(r, 2, 30'000);
    expect_and_pop(r, 3, 10);
    EXPECT_FALSE(r.readable());
  }
}

TEST_F(ring_test, a_block_that_was_made_and_not_entered_in_the_table_is_given_back) {
  const ring_object object = make({});
  mp::ring r = object.seen_by(me());
  const std::uint32_t kind = object.header().part_kind.load();
  ASSERT_TRUE(put(r, 0, mebibyte));
  const auto dead = family_.join();
  mp::create_object(*dead, kind, 10'000, object.name());
  family_.kill(*dead);
  EXPECT_EQ(mp::parts_of(me(), object.name(), kind).size(), 2u);
  r.adopt();
  EXPECT_EQ(mp::parts_of(me(), object.name(), kind).size(), 1u);
  expect_and_pop(r, 0, mebibyte);
}

TEST_F(ring_test, a_consumer_that_stops_before_it_consumes_has_read_nothing) {
  const ring_object object = make({});
  mp::ring r = object.seen_by(me());
  // One in this block, one behind its border: the border may have been passed.
  ASSERT_TRUE(put(r, 1, 40'000));
  ASSERT_TRUE(put(r, 2, 40'000));
  for (std::uint64_t i = 1; i <= 2; ++i) {
    const auto dead = family_.join();
    mp::ring theirs = object.seen_by(*dead);
    mp::record next;
    ASSERT_TRUE(theirs.front(next));
    family_.kill(*dead);
    expect_and_pop(r, i, 40'000);
  }
}

TEST_F(ring_test, damaged_records_are_errors) {
  const ring_object object = make({});
  mp::ring r = object.seen_by(me());
  const mp::record_room room = r.begin(some_type, 100);
  const std::uint32_t too_long = 1u << 30;
  std::memcpy(room.data - 8, &too_long, sizeof too_long);
  r.publish(room);
  mp::record next;
  EXPECT_THROW(r.front(next), archive_error);
  const std::uint32_t no_block = 0xffffffff;
  std::memcpy(room.data - 8, &no_block, sizeof no_block);
  object.header().blocks[0].next.store(mp::most_blocks);
  EXPECT_THROW(r.front(next), archive_error);
}

struct stress_case {
  const char* name;
  mp::ring_limits limits;
  std::uint64_t longest;
  std::uint64_t records;
};
class ring_stress_test : public ring_test, public testing::WithParamInterface<stress_case> {};

TEST_P(ring_stress_test, one_producer_and_one_consumer) {
  const stress_case& c = GetParam();
  const ring_object object = make(c.limits);
  const auto length_of = [&](std::uint64_t i) { return (i * 2654435761u >> 7) % (c.longest + 1); };
  family_.run({
      [&] {
        const auto who = mp::current_participant("test", call());
        mp::ring r = object.seen_by(*who);
        for (std::uint64_t i = 0; i < c.records;) {
          const mp::record_room none = r.begin(some_type, length_of(i));
          if (none) {
            const auto what = content(i, length_of(i));
            if (!what.empty()) std::memcpy(none.data, what.data(), what.size());
            r.publish(none);
            r.announce();
            ++i;
          } else {
            who->wait(
                r.not_full(), [&] { return r.has_moved_since(none); },
                {"put", runtime::no_peer, 0, 0, call_site::unknown()}, deadline());
          }
        }
      },
      [&] {
        const auto who = mp::current_participant("test", call());
        mp::ring r = object.seen_by(*who);
        for (std::uint64_t i = 0; i < c.records; ++i) {
          who->wait(
              r.not_empty(), [&] { return r.readable(); },
              {"get", runtime::no_peer, 0, 0, call_site::unknown()}, deadline());
          expect_and_pop(r, i, length_of(i));
        }
      },
  });
}

INSTANTIATE_TEST_SUITE_P(
    all, ring_stress_test,
    testing::Values(stress_case{"one_item", {.items = 1}, 40, 3000},
                    stress_case{"few_items", {.items = 5}, 3000, 20'000},
                    stress_case{"growing", {}, 200, 60'000},
                    stress_case{"growing_long", {}, 100'000, 1500},
                    stress_case{"small_blocks", {.bytes = 8192, .block_bytes = 4096}, 500, 30'000},
                    stress_case{
                        "long_and_short", {.bytes = 100'000, .block_bytes = 4096}, 60'000, 3000}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace cohort::test
