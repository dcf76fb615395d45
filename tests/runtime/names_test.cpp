// The arena's table of names: known and unknown ids, long text, a full table, many writers at once.
#include "runtime/names.hpp"
#include "runtime/time_limit.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace cohort::runtime {
namespace {

TEST(names, are_found_by_the_hash_of_their_text) {
  const auto memory = arena::create(1);
  for (const std::string text : {"a", "recv", "src/heat.cpp", "pair<int32, double>"}) {
    remember_name(*memory, name_hash(text), text);
    EXPECT_EQ(name_of(*memory, name_hash(text)), text);
  }
}

TEST(names, unknown_ids_are_shown_as_numbers) {
  const auto memory = arena::create(1);
  EXPECT_EQ(name_of(*memory, 0x1a2b3c4d), "#1a2b3c4d");
  EXPECT_EQ(name_of(*memory, 0), "#00000000");
}

TEST(names, hashes_are_never_zero) {
  EXPECT_NE(name_hash(""), 0u);
}

TEST(names, long_text_keeps_its_end) {
  const auto memory = arena::create(1);
  for (const std::size_t length : {123u, 124u, 125u, 4000u}) {
    std::string text(length, 'x');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>('a' + i % 26);
    remember_name(*memory, name_hash(text), text);
    EXPECT_EQ(name_of(*memory, name_hash(text)),
              text.substr(length - std::min<std::size_t>(length, 124)));
  }
}

TEST(names, that_share_a_place_in_the_table_are_all_kept) {
  const auto memory = arena::create(1);
  for (std::uint32_t i = 0; i < 20; ++i) {
    remember_name(*memory, 5 + i * name_capacity, "name " + std::to_string(i));
  }
  for (std::uint32_t i = 0; i < 20; ++i) {
    EXPECT_EQ(name_of(*memory, 5 + i * name_capacity), "name " + std::to_string(i));
  }
}

TEST(names, a_full_table_forgets_and_never_confuses) {
  const auto memory = arena::create(1);
  std::uint32_t known = 0;
  for (std::uint32_t i = 1; i <= 2 * name_capacity; ++i) {
    remember_name(*memory, i * 7, std::to_string(i));
  }
  for (std::uint32_t i = 1; i <= 2 * name_capacity; ++i) {
    const std::string name = name_of(*memory, i * 7);
    if (name == std::to_string(i))
      ++known;
    else
      EXPECT_EQ(name[0], '#') << name;
  }
  EXPECT_GT(known, name_capacity / 2);
  EXPECT_LE(known, name_capacity);
}

// A writer that died after it had claimed the entry, before it had written the text.
TEST(names, an_entry_that_was_claimed_and_not_written_is_completed_by_the_next) {
  const auto memory = arena::create(1);
  const std::uint32_t id = name_hash("recv");
  memory->names()[id % name_capacity].hash.store(id);
  EXPECT_EQ(name_of(*memory, id)[0], '#');
  remember_name(*memory, id, "recv");
  EXPECT_EQ(name_of(*memory, id), "recv");
}

TEST(names, many_threads_write_the_same_and_different_names) {
  const test::time_limit limit;
  const auto memory = arena::create(1);
  constexpr std::uint32_t names = 200;
  const auto text_of = [](std::uint32_t i) {
    return "a name that is longer than a few words of memory, number " + std::to_string(i);
  };
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t turn = 0; turn < names; ++turn) {
        const std::uint32_t i = t % 2 == 0 ? turn : names - 1 - turn;
        const std::uint32_t id = name_hash(text_of(i));
        const std::string before = name_of(*memory, id);
        EXPECT_TRUE(before == text_of(i) || before[0] == '#') << before;
        remember_name(*memory, id, text_of(i));
        EXPECT_EQ(name_of(*memory, id), text_of(i));
      }
    });
  }
  for (std::thread& t : threads) t.join();
}

}  // namespace
}  // namespace cohort::runtime
