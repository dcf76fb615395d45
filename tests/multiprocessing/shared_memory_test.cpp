// cohort::shared_span, array and value: what one process writes another reads; sizes from nothing
// to too much; bytes that are no handle of this type.
#include <cohort/multiprocessing/array.hpp>
#include <cohort/multiprocessing/event.hpp>
#include <cohort/multiprocessing/shared_memory.hpp>
#include <cohort/multiprocessing/value.hpp>

#include "multiprocessing/shared_things.hpp"
#include "runtime/layout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <mutex>
#include <numeric>
#include <span>
#include <tuple>

struct particle {
  double x, y, z;
  int charge;
};
COHORT_IS_MPI_DATATYPE(particle)

namespace {

using cohort::array;
using cohort::owner_died;
using cohort::shared_memory;
using cohort::shared_span;
using cohort::value;
using cohort::test::acting_family;
using cohort::test::parcel;

// In the entry's own line, at its end, and on one page and several.
class sizes : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(bytes, sizes,
                         testing::Values(0, 1, 63, 64, 65, 4095, 4096, 4097, 1 << 20));

TEST_P(sizes, all_see_the_same_bytes) {
  acting_family family;
  const shared_memory m(GetParam());
  ASSERT_EQ(m.size(), GetParam());
  EXPECT_TRUE(std::all_of(m.begin(), m.end(), [](std::byte b) { return b == std::byte{0}; }));
  const parcel sent(m);
  family.run({[&] {
    auto [mine] = sent.open();
    ASSERT_EQ(mine.size(), GetParam());
    EXPECT_EQ(mine.empty(), GetParam() == 0);
    for (std::size_t i = 0; i < mine.size(); ++i) mine[i] = static_cast<std::byte>(i % 251);
  }});
  for (std::size_t i = 0; i < m.size(); ++i) ASSERT_EQ(m[i], static_cast<std::byte>(i % 251));
}

TEST(shared_span, is_a_span_of_its_elements) {
  acting_family family;
  const shared_span<particle> all(100);
  EXPECT_EQ(all.size_bytes(), 100 * sizeof(particle));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(all.data()) % alignof(particle), 0u);
  all[99] = {1, 2, 3, -1};
  const std::span<particle> view = all;
  EXPECT_EQ(view.back().charge, -1);
  EXPECT_EQ(all.span().data(), all.data());
  EXPECT_TRUE(shared_span<int>().empty());
}

TEST(shared_span, lives_as_long_as_a_handle) {
  acting_family family;
  auto sent = [] {
    const shared_span<int> numbers(5000);
    std::iota(numbers.begin(), numbers.end(), 0);
    return parcel(numbers);
  }();
  const auto [numbers] = sent.open();  // one handle was under way
  EXPECT_EQ(numbers[4999], 4999);
}

TEST(shared_span, copies_are_the_same) {
  acting_family family;
  shared_span<int> a(3);
  const shared_span<int> b = a;
  const shared_span<int> c = std::move(a);
  a[1] = 7;  // to move is to copy
  EXPECT_EQ(b[1], 7);
  EXPECT_EQ(c[1], 7);
  EXPECT_EQ(a, c);
  EXPECT_FALSE(a == shared_span<int>(3));
}

TEST(shared_span, atomics_are_shared_without_a_lock) {
  acting_family family;
  constexpr long rounds = 5000;
  const shared_span<std::atomic<long>> count(1);
  const parcel sent(count);
  const auto body = [&] {
    auto [mine] = sent.open();
    for (long i = 0; i < rounds; ++i) ++mine[0];
  };
  family.run({body, body, body});
  EXPECT_EQ(count[0], 3 * rounds);
}

TEST(shared_span, refuses_what_does_not_fit) {
  acting_family family;
  constexpr std::size_t all = cohort::runtime::shared_region_bytes;
  EXPECT_THROW(shared_memory{all + 1}, cohort::resource_error);
  EXPECT_THROW(shared_memory{all}, cohort::resource_error) << "the tables take some";
  EXPECT_THROW(shared_memory{std::numeric_limits<std::size_t>::max()}, cohort::resource_error);
  EXPECT_THROW(shared_span<double>(std::numeric_limits<std::size_t>::max() / 8 + 2),
               cohort::resource_error);
  EXPECT_EQ(shared_memory(1).size(), 1u) << "a refusal leaves nothing behind";
}

TEST(shared_span, is_no_handle_of_other_elements) {
  acting_family family;
  const shared_span<int> numbers(4);
  cohort::packed_oarchive out;
  out << numbers;
  const auto read_as = [&](auto wrong) {
    cohort::packed_iarchive in(out.bytes());
    in >> wrong;
  };
  EXPECT_THROW(read_as(shared_span<float>()), cohort::archive_error);
  EXPECT_THROW(read_as(shared_span<std::atomic<int>>()), cohort::archive_error);
  EXPECT_THROW(read_as(cohort::event()), cohort::archive_error);
}

TEST(array, has_a_lock) {
  acting_family family;
  constexpr int rounds = 1000;
  const array<int> counts(10);
  const parcel sent(counts);
  const auto body = [&] {
    auto [mine] = sent.open();
    for (int i = 0; i < rounds; ++i) {
      const std::scoped_lock lock(mine.get_lock());
      ++mine[static_cast<std::size_t>(i) % 10];
    }
  };
  family.run({body, body, body});
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0), 3 * rounds);
}

TEST(array, begins_as_it_is_told) {
  acting_family family;
  const array<double> zeros(3);
  EXPECT_EQ(zeros.size(), 3u);
  EXPECT_EQ(zeros[2], 0);
  array<int> given{2, 3, 5};
  EXPECT_EQ(given.size(), 3u);
  EXPECT_EQ(given[2], 5);
  array<int> together(1, given.get_lock());
  EXPECT_EQ(together.get_lock(), given.get_lock());
  EXPECT_TRUE(array<int>().empty());
}

TEST(value, is_changed_under_its_lock) {
  acting_family family;
  constexpr int rounds = 1000;
  const value<int> count(100);
  const parcel sent(count);
  const auto body = [&] {
    auto [mine] = sent.open();
    for (int i = 0; i < rounds; ++i) mine.update([](int& n) { ++n; });
  };
  family.run({body, body, body});
  EXPECT_EQ(count.load(), 100 + 3 * rounds);
}

TEST(value, loads_and_stores) {
  acting_family family;
  value<bool> flag(true);
  EXPECT_TRUE(flag.load());
  flag.store(false);
  EXPECT_FALSE(flag.get());
  EXPECT_EQ(value<int>().load(), 0);
  value<int> n(6);
  const std::scoped_lock lock(n.get_lock());  // its own functions may lock again
  EXPECT_EQ(n.update([](int& i) { return i *= 7; }), 42);
  value<int> together(1, n.get_lock());
  EXPECT_EQ(together.get_lock(), n.get_lock());
}

TEST(value, tells_of_a_process_that_died_in_the_middle) {
  acting_family family;
  value<int> n(1);
  const parcel sent(n);
  family.live_and_die([&] {
    auto [mine] = sent.open();
    mine.get_lock().lock();
    mine.get() = -1;
  });
  try {
    n.load();
    ADD_FAILURE() << "the value is in doubt";
  } catch (const owner_died& news) {
    n.store(1);
    news.repaired();
  }
  EXPECT_EQ(n.load(), 1);
}

}  // namespace
