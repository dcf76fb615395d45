// The table of shared objects: who holds them, when they end, and that it survives the death of
// anybody at any step.
#include <cohort/error.hpp>

#include "multiprocessing/local_family.hpp"
#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/memory/object_table.hpp"
#include "multiprocessing/memory/pages.hpp"
#include "multiprocessing/memory/region_lock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace cohort::test {
namespace {

using namespace multiprocessing;

constexpr std::uint32_t kind = 7;
constexpr std::uint64_t sizes[] = {1,    inline_payload, inline_payload + 1,
                                   page, page + 1,       40 * page};

bool lives(const region& shared, object_name which) {
  const object_entry& object = shared.object(which.index);
  return object.state.load() == object_state::live && object.generation.load() == which.generation;
}

std::uint64_t pages_in_use(const region& shared) {
  std::uint64_t count = 0;
  const std::uint64_t end = shared.header().pages_end.load();
  for (std::uint64_t word = 0; word * 64 < end; ++word) {
    count += static_cast<std::uint64_t>(__builtin_popcountll(
        shared.memory().at<shared_u64>(shared.map().page_bits() + word * 8)->load()));
  }
  return count;
}

std::uint64_t pages_of_live_objects(const region& shared) {
  std::uint64_t count = 0;
  for (std::uint32_t i = 0; i < shared.header().objects_end.load(); ++i) {
    const object_entry& object = shared.object(i);
    if (object.state.load() == object_state::live) count += pages_of(shared, object).count;
  }
  return count;
}

bool all_zero(const std::byte* bytes, std::uint64_t count) {
  return std::all_of(bytes, bytes + count, [](std::byte b) { return b == std::byte{0}; });
}

TEST(object_table, the_parts_of_the_region_do_not_overlap) {
  const region_map map(page);
  EXPECT_GE(map.participants(), map.header() + sizeof(region_header));
  EXPECT_GE(map.objects(), map.participants() + sizeof(participant_entry) * max_participants);
  EXPECT_GE(map.page_bits(), map.objects() + sizeof(object_entry) * max_objects);
  EXPECT_GE(map.pages(), map.page_bits() + map.usable_pages() / 8);
  EXPECT_LE(map.page_at(map.usable_pages()), map.header() + runtime::shared_region_bytes);
  for (const std::uint64_t place :
       {map.participants(), map.objects(), map.page_bits(), map.pages()})
    EXPECT_EQ(place % page, 0u);
}

TEST(object_table, new_objects_are_zero_although_their_memory_was_used) {
  local_family family;
  participant& me = *family.root();
  for (int round = 0; round < 3; ++round) {
    std::vector<object_name> made;
    for (const std::uint64_t bytes : sizes) {
      made.push_back(create_object(me, kind, bytes));
      std::byte* payload = object_payload(me, made.back());
      EXPECT_TRUE(all_zero(payload, bytes)) << bytes;
      std::memset(payload, 0xff, bytes);
      EXPECT_EQ(object_bytes(me, made.back()), bytes);
    }
    for (const object_name which : made) drop_object(me, which);
    EXPECT_EQ(pages_in_use(family.shared()), 0u);
  }
  EXPECT_LE(family.shared().header().objects_end.load(), std::size(sizes)) << "places are reused";
}

TEST(object_table, lives_as_long_as_somebody_holds_it) {
  local_family family;
  participant& me = *family.root();
  const auto other = family.join();
  const object_name which = create_object(me, kind, 100);
  EXPECT_TRUE(hold_object(*other, which, kind, false));
  drop_object(me, which);
  EXPECT_TRUE(lives(family.shared(), which));
  drop_object(*other, which);
  EXPECT_FALSE(lives(family.shared(), which));
  EXPECT_FALSE(hold_object(me, which, kind, false)) << "it is gone";
}

TEST(object_table, lives_while_a_handle_is_under_way) {
  local_family family;
  participant& me = *family.root();
  const auto other = family.join();
  const object_name which = create_object(me, kind, 100);
  send_object(me, which);
  drop_object(me, which);
  EXPECT_TRUE(lives(family.shared(), which));
  EXPECT_TRUE(hold_object(*other, which, kind, true));
  // The same bytes read once more: nothing is taken from others.
  EXPECT_TRUE(hold_object(*other, which, kind, true));
  drop_object(*other, which);
  EXPECT_FALSE(lives(family.shared(), which));
}

TEST(object_table, names_that_are_none_are_refused) {
  local_family family;
  participant& me = *family.root();
  const object_name which = create_object(me, kind, 100);
  for (const object_name wrong :
       {object_name{which.index, which.generation + 1}, object_name{which.index + 1, 1},
        object_name{max_objects, 1}, object_name{0xffffffff, 0xffffffff}, object_name{0, 0}}) {
    EXPECT_FALSE(hold_object(me, wrong, kind, true));
    drop_object(me, wrong);
    send_object(me, wrong);
  }
  EXPECT_FALSE(hold_object(me, which, kind + 1, true)) << "another class";
  EXPECT_TRUE(lives(family.shared(), which));
}

TEST(object_table, a_place_has_another_generation_for_each_object) {
  local_family family;
  participant& me = *family.root();
  const object_name first = create_object(me, kind, 8);
  drop_object(me, first);
  const object_name second = create_object(me, kind, 8);
  EXPECT_EQ(first.index, second.index);
  EXPECT_NE(first.generation, second.generation);
}

TEST(object_table, what_a_dead_process_held_is_given_back) {
  local_family family;
  participant& me = *family.root();
  const auto other = family.join();
  const object_name own = create_object(*other, kind, 3 * page);
  const object_name common = create_object(*other, kind, 3 * page);
  EXPECT_TRUE(hold_object(me, common, kind, false));
  family.kill(*other);
  { const region_lock lock(me); }
  EXPECT_FALSE(lives(family.shared(), own));
  EXPECT_TRUE(lives(family.shared(), common));
  EXPECT_EQ(pages_in_use(family.shared()), 3u);
  // Its place can be another's, which is not taken for it.
  const auto next = family.join();
  EXPECT_EQ(slot_of(next->id()), slot_of(other->id()));
  EXPECT_NE(next->id(), other->id());
  EXPECT_TRUE(family.shared().alive(next->id()));
  EXPECT_FALSE(family.shared().alive(other->id()));
  family.kill(*other);  // told once more
  EXPECT_TRUE(family.shared().alive(next->id()));
}

TEST(object_table, parts_end_with_their_whole) {
  local_family family;
  participant& me = *family.root();
  const object_name whole = create_object(me, kind, 8);
  const object_name one = create_object(me, kind, page, whole);
  const object_name other = create_object(me, kind, page, whole);
  destroy_part(me, one);
  EXPECT_FALSE(lives(family.shared(), one));
  EXPECT_TRUE(lives(family.shared(), other));
  drop_object(me, whole);
  EXPECT_FALSE(lives(family.shared(), other));
  EXPECT_EQ(pages_in_use(family.shared()), 0u);
}

// Every word that a holder of the lock changes, as it is when it dies before the next step.
TEST(object_table, a_holder_of_the_lock_dies_at_any_step) {
  using step = void (*)(const region&, object_name);
  const step steps[] = {
      [](const region&, object_name) {},
      // Made, but the pages are not marked.
      [](const region& shared, object_name which) {
        const page_run run = pages_of(shared, shared.object(which.index));
        for (std::uint64_t i = 0; i < run.count; ++i) {
          const std::uint64_t number = run.first + i;
          shared.memory()
              .at<shared_u64>(shared.map().page_bits() + number / 64 * 8)
              ->fetch_and(~(std::uint64_t{1} << number % 64));
        }
      },
      // Made, but the end is not raised.
      [](const region& shared, object_name which) {
        if (shared.header().objects_end.load() == which.index + 1)
          shared.header().objects_end.store(which.index);
      },
      // Ended, but the pages are not given back.
      [](const region& shared, object_name which) {
        shared.object(which.index).state.store(object_state::vacant);
      },
      // Dropped by its last holder, but not ended.
      [](const region& shared, object_name which) {
        for (shared_u64& holders : shared.object(which.index).holders) holders.store(0);
      },
  };
  for (const step& done : steps) {
    local_family family;
    participant& me = *family.root();
    const auto victim = family.join();
    const object_name kept = create_object(me, kind, 2 * page);
    const object_name last = create_object(*victim, kind, 5 * page);
    std::memset(object_payload(me, kept), 0x11, 2 * page);
    std::memset(object_payload(me, last), 0x22, 5 * page);
    ASSERT_NE(try_acquire(*victim, family.shared().header().lock), acquired::no);
    done(family.shared(), last);
    family.kill(*victim);

    { const region_lock lock(me); }
    EXPECT_FALSE(lives(family.shared(), last));
    EXPECT_TRUE(lives(family.shared(), kept));
    EXPECT_EQ(pages_in_use(family.shared()), pages_of_live_objects(family.shared()));
    const std::byte* bytes = object_payload(me, kept);
    EXPECT_TRUE(
        std::all_of(bytes, bytes + 2 * page, [](std::byte b) { return b == std::byte{0x11}; }));
    const object_name next = create_object(me, kind, 5 * page);
    EXPECT_TRUE(all_zero(object_payload(me, next), 5 * page));
    EXPECT_NE(object_payload(me, next), bytes);
  }
}

TEST(object_table, handles_of_one_process_share_its_hold) {
  local_family family;
  local_family::act(family.root(), [&] {
    object_ref made = make_object(kind, 8, "test", call());
    const object_name which = made->name();
    object_ref came = receive(send(*made), kind, "test");
    EXPECT_EQ(came, made);
    made.reset();
    EXPECT_TRUE(lives(family.shared(), which));
    came.reset();
    EXPECT_FALSE(lives(family.shared(), which));
    EXPECT_THROW(receive(which, kind, "test"), archive_error);
  });
}

TEST(object_table, a_process_that_has_left_gives_back_nothing_twice) {
  local_family family;
  const auto other = family.join();
  object_ref kept;
  local_family::act(other, [&] { kept = make_object(kind, 8, "test", call()); });
  other->leave();
  family.kill(*other);
  const object_name which = kept->name();
  { const region_lock lock(*family.root()); }
  EXPECT_FALSE(lives(family.shared(), which));
  kept.reset();
}

// Random makers, holders and droppers at the same time; some die. Seeds are data.
TEST(object_table, many_at_once) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    local_family family;
    std::vector<local_family::body> bodies;
    for (unsigned worker = 0; worker < 4; ++worker) {
      bodies.push_back([&family, seed, worker] {
        const auto me = current_participant("test", call());
        std::minstd_rand random(seed * 100 + worker);
        std::vector<object_name> mine;
        for (int i = 0; i < 300; ++i) {
          if (mine.empty() || random() % 3 != 0) {
            const std::uint64_t bytes = sizes[random() % std::size(sizes)];
            mine.push_back(create_object(*me, kind, bytes));
            ASSERT_TRUE(all_zero(object_payload(*me, mine.back()), bytes));
            std::memset(object_payload(*me, mine.back()), 0x77, bytes);
          } else {
            std::swap(mine[random() % mine.size()], mine.back());
            drop_object(*me, mine.back());
            mine.pop_back();
          }
        }
        if (worker % 2 == 0) {
          family.kill(*me);
        } else {
          for (const object_name which : mine) drop_object(*me, which);
        }
      });
    }
    family.run(bodies);
    { const region_lock lock(*family.root()); }
    EXPECT_EQ(pages_in_use(family.shared()), 0u) << "seed " << seed;
    EXPECT_EQ(pages_of_live_objects(family.shared()), 0u) << "seed " << seed;
  }
}

}  // namespace
}  // namespace cohort::test
