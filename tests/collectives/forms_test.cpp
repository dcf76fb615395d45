// Operations that move data × {value, span, in place, non-blocking} × types that travel as bytes,
// as elements and as archives × roots × lengths. Differing counts: differing_counts_test.cpp.
#include "collectives/forms.hpp"
#include "support/ranked.hpp"

#include <cohort/collectives.hpp>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

// One value ------------------------------------------------------------------------------------

template <class T>
void broadcast_values(const communicator& world, int root) {
  const bool at_root = world.rank() == root;
  const T wanted = item<T>(root);
  const T mine = at_root ? wanted : item<T>(77, 3);

  T value = mine;
  EXPECT_TRUE(same(broadcast(world, value, root), wanted));
  EXPECT_TRUE(same(value, wanted));
  EXPECT_TRUE(same(broadcast(world, mine, root), wanted));
  EXPECT_TRUE(same(broadcast(world, T(mine), root), wanted));
  EXPECT_TRUE(same(broadcast<T>(world, at_root ? wanted : T(), root), wanted));

  value = mine;
  request later = ibroadcast(world, value, root);
  value_request<T> as_value = ibroadcast(world, T(mine), root);
  EXPECT_TRUE(same(as_value.get(), wanted));
  later.wait();
  EXPECT_TRUE(same(value, wanted));
}

template <class T>
void gather_values(const communicator& world, int root) {
  const T mine = item<T>(world.rank());
  const std::vector<T> wanted =
      world.rank() == root ? all_items<T>(world.size(), 0, 1) : std::vector<T>();
  EXPECT_TRUE(same(gather(world, mine, root), wanted));
  std::vector<T> into;
  gather(world, mine, into, root);
  EXPECT_TRUE(same(into, wanted));
  auto by_reference = igather(world, mine, root);
  auto moved = igather(world, T(mine), root);
  EXPECT_TRUE(same(moved.get(), wanted));
  EXPECT_TRUE(same(by_reference.get(), wanted));
}

template <class T>
void all_gather_values(const communicator& world) {
  const T mine = item<T>(world.rank());
  const std::vector<T> wanted = all_items<T>(world.size(), 0, 1);
  EXPECT_TRUE(same(all_gather(world, mine), wanted));
  std::vector<T> into;
  all_gather(world, mine, into);
  EXPECT_TRUE(same(into, wanted));
  auto by_reference = iall_gather(world, mine);
  auto moved = iall_gather(world, T(mine));
  EXPECT_TRUE(same(moved.get(), wanted));
  EXPECT_TRUE(same(by_reference.get(), wanted));
}

template <class T>
void scatter_values(const communicator& world, int root) {
  const std::vector<T> all =
      world.rank() == root ? items<T>(root, 0, world.size()) : std::vector<T>();
  const T wanted = item<T>(root, world.rank());
  EXPECT_TRUE(same(scatter<T>(world, all, root), wanted));
  T into = item<T>(99);
  scatter(world, all, into, root);
  EXPECT_TRUE(same(into, wanted));
  auto by_reference = iscatter<T>(world, all, root);
  auto moved = iscatter<T>(world, std::vector<T>(all), root);
  EXPECT_TRUE(same(moved.get(), wanted));
  EXPECT_TRUE(same(by_reference.get(), wanted));
}

template <class T>
void all_to_all_values(const communicator& world) {
  const std::vector<T> out = items<T>(world.rank(), 0, world.size());
  std::vector<T> wanted;
  for (int rank = 0; rank < world.size(); ++rank) wanted.push_back(item<T>(rank, world.rank()));
  EXPECT_TRUE(same(all_to_all(world, out), wanted));
  std::vector<T> into;
  all_to_all(world, out, into);
  EXPECT_TRUE(same(into, wanted));
  auto copied = iall_to_all(world, out);
  auto moved = iall_to_all(world, std::vector<T>(out));
  EXPECT_TRUE(same(moved.get(), wanted));
  EXPECT_TRUE(same(copied.get(), wanted));
}

template <class... T>
void values(const communicator& world) {
  for (int root = 0; root < world.size(); ++root) {
    (broadcast_values<T>(world, root), ...);
    (gather_values<T>(world, root), ...);
    (scatter_values<T>(world, root), ...);
  }
  (all_gather_values<T>(world), ...);
  (all_to_all_values<T>(world), ...);
}

// Elements -------------------------------------------------------------------------------------

template <class T>
void broadcast_elements(const communicator& world, int root, int count) {
  const std::vector<T> wanted = items<T>(root, 0, count);
  const std::vector<T> mine = world.rank() == root ? wanted : items<T>(77, 0, count);
  std::vector<T> values = mine;
  broadcast(world, std::span(values), root);
  EXPECT_TRUE(same(values, wanted));
  values = mine;
  broadcast(world, values.data(), count, root);
  EXPECT_TRUE(same(values, wanted));
  values = mine;
  ibroadcast(world, std::span(values), root).wait();
  EXPECT_TRUE(same(values, wanted));
}

template <class T>
void gather_elements(const communicator& world, int root, int count) {
  const std::vector<T> mine = items<T>(world.rank(), 0, count);
  const std::vector<T> everything = all_items<T>(world.size(), 0, count);
  const bool at_root = world.rank() == root;
  const std::vector<T> wanted = at_root ? everything : std::vector<T>();
  EXPECT_TRUE(same(gather(world, std::span(mine), root), wanted));
  EXPECT_TRUE(same(gather(world, mine.data(), count, root), wanted));
  std::vector<T> room(wanted.size());
  gather(world, std::span(mine), std::span(room), root);
  EXPECT_TRUE(same(room, wanted));

  auto as_vector = igather(world, std::span(mine), root);
  std::vector<T> later(wanted.size());
  request into = igather(world, std::span(mine), std::span(later), root);
  EXPECT_TRUE(same(as_vector.get(), wanted));
  into.wait();
  EXPECT_TRUE(same(later, wanted));

  std::vector<T> all(everything.size());
  const auto own = std::span(all).subspan(length(world.rank() * count), length(count));
  std::copy(mine.begin(), mine.end(), own.begin());
  std::vector<T> before = all;
  gather(world, inplace(all), root);
  EXPECT_TRUE(same(all, at_root ? everything : before));
  igather(world, inplace(std::span(before)), root).wait();
  EXPECT_TRUE(same(before, all));
}

template <class T>
void all_gather_elements(const communicator& world, int count) {
  const std::vector<T> mine = items<T>(world.rank(), 0, count);
  const std::vector<T> wanted = all_items<T>(world.size(), 0, count);
  EXPECT_TRUE(same(all_gather(world, std::span(mine)), wanted));
  std::vector<T> room(wanted.size());
  all_gather(world, std::span(mine), std::span(room));
  EXPECT_TRUE(same(room, wanted));

  auto as_vector = iall_gather(world, std::span(mine));
  std::vector<T> later(wanted.size());
  request into = iall_gather(world, std::span(mine), std::span(later));
  EXPECT_TRUE(same(as_vector.get(), wanted));
  into.wait();
  EXPECT_TRUE(same(later, wanted));

  std::vector<T> all(wanted.size());
  std::copy(mine.begin(), mine.end(), all.begin() + world.rank() * count);
  std::vector<T> again = all;
  all_gather(world, inplace(all));
  EXPECT_TRUE(same(all, wanted));
  iall_gather(world, inplace(std::span(again))).wait();
  EXPECT_TRUE(same(again, wanted));
}

template <class T>
void scatter_elements(const communicator& world, int root, int count) {
  const bool at_root = world.rank() == root;
  const std::vector<T> everything = items<T>(root, 0, count * world.size());
  const std::vector<T> all = at_root ? everything : std::vector<T>();
  const std::vector<T> wanted = items<T>(root, world.rank() * count, count);
  EXPECT_TRUE(same(scatter(world, std::span(all), root), wanted));
  std::vector<T> room(length(count));
  scatter(world, std::span(all), std::span(room), root);
  EXPECT_TRUE(same(room, wanted));

  auto as_vector = iscatter(world, std::span(all), root);
  std::vector<T> later(length(count));
  request into = iscatter(world, std::span(all), std::span(later), root);
  EXPECT_TRUE(same(as_vector.get(), wanted));
  into.wait();
  EXPECT_TRUE(same(later, wanted));

  std::vector<T> here = at_root ? everything : std::vector<T>(everything.size());
  std::vector<T> result = here;
  std::copy(wanted.begin(), wanted.end(), result.begin() + world.rank() * count);
  std::vector<T> again = here;
  scatter(world, inplace(here), root);
  EXPECT_TRUE(same(here, result));
  iscatter(world, inplace(std::span(again)), root).wait();
  EXPECT_TRUE(same(again, result));
}

template <class T>
void all_to_all_elements(const communicator& world, int count) {
  const int size = world.size();
  const std::vector<T> out = items<T>(world.rank(), 0, count * size);
  std::vector<T> wanted;
  for (int rank = 0; rank < size; ++rank) {
    for (const T& one : items<T>(rank, world.rank() * count, count)) wanted.push_back(one);
  }
  EXPECT_TRUE(same(all_to_all(world, std::span(out)), wanted));
  std::vector<T> room(out.size());
  all_to_all(world, std::span(out), std::span(room));
  EXPECT_TRUE(same(room, wanted));

  auto as_vector = iall_to_all(world, std::span(out));
  std::vector<T> later(out.size());
  request into = iall_to_all(world, std::span(out), std::span(later));
  EXPECT_TRUE(same(as_vector.get(), wanted));
  into.wait();
  EXPECT_TRUE(same(later, wanted));

  std::vector<T> here = out;
  all_to_all(world, inplace(here));
  EXPECT_TRUE(same(here, wanted));
  here = out;
  iall_to_all(world, inplace(std::span(here))).wait();
  EXPECT_TRUE(same(here, wanted));
}

template <class T>
void elements(const communicator& world, std::span<const int> counts) {
  for_each_root_and_count(world, counts, [&](int root, int count) {
    broadcast_elements<T>(world, root, count);
    gather_elements<T>(world, root, count);
    scatter_elements<T>(world, root, count);
  });
  for (const int count : fitting(world, counts)) {
    all_gather_elements<T>(world, count);
    all_to_all_elements<T>(world, count);
  }
}

}  // namespace

RANKED_TEST(forms, values_that_are_bytes) {
  values<char, int, double, color, particle, std::pair<int, double>>(world);
  values<std::array<double, 6>, std::array<float, 13>, bool>(world);
}

RANKED_TEST(forms, values_of_any_length) {
  values<std::string, std::vector<double>, std::vector<particle>>(world);
}

RANKED_TEST(forms, serialized_values) {
  values<account, std::map<std::string, int>, std::optional<std::string>>(world);
  values<std::vector<std::string>, std::vector<bool>>(world);
}

RANKED_TEST(forms, elements_that_are_bytes) {
  elements<double>(world, element_counts);
  elements<char>(world, element_counts);
  elements<particle>(world, object_counts);
}

RANKED_TEST(forms, serialized_elements) {
  elements<std::string>(world, object_counts);
  elements<account>(world, object_counts);
}

RANKED_TEST(forms, elements_of_arrays_and_fixed_spans) {
  std::array<int, 3> three = item<std::array<int, 3>>(0);
  if (world.rank() != 0) three = {};
  broadcast(world, std::span(three), 0);
  EXPECT_EQ(three, (item<std::array<int, 3>>(0)));
  const std::vector<int> all = all_gather(world, std::span<const int, 3>(three));
  EXPECT_EQ(all.size(), 3 * length(world.size()));
}

RANKED_TEST(forms, barriers_in_flight) {
  std::vector<request> barriers;
  for (int i = 0; i < 5; ++i) barriers.push_back(ibarrier(world));
  wait_all(barriers);
  world.barrier();
}

}  // namespace cohort::test
