// What ranks give in the tests of the forms: item i of rank r, so that every rank can work out what
// any other gives and what must come out.
#pragma once

#include "p2p/samples.hpp"
#include "support/ranked.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cohort::test {

inline constexpr std::size_t item_bytes = 40;  // about, of an item that has a length

template <class T>
T item(int rank, int index = 0) {
  // Lengths differ from item to item, by up to a dozen times.
  const auto seed = static_cast<std::uint32_t>(rank * 1009 + index);
  return sample<T>(seed, item_bytes * (seed % 13));
}

// Items first, first + 1, … of a rank.
template <class T>
std::vector<T> items(int rank, int first, int count) {
  std::vector<T> list;
  for (int i = 0; i < count; ++i) list.push_back(item<T>(rank, first + i));
  return list;
}

// The same of all ranks, one after another.
template <class T>
std::vector<T> all_items(int ranks, int first, int count) {
  std::vector<T> list;
  for (int rank = 0; rank < ranks; ++rank) {
    for (const T& one : items<T>(rank, first, count)) list.push_back(one);
  }
  return list;
}

// How many elements rank `rank` has where they differ: some have none.
inline int count_of(int rank) {
  return rank * 5 % 7;
}
inline std::vector<int> counts_of(int ranks) {
  std::vector<int> list;
  for (int rank = 0; rank < ranks; ++rank) list.push_back(count_of(rank));
  return list;
}
inline std::size_t length(int count) {
  return static_cast<std::size_t>(count);
}

// Numbers of elements in a block: none, one, both sides of the 48 bytes that fit in a cache line,
// and such that go other ways.
inline constexpr int element_counts[] = {0, 1, 6, 7, 1000, 20000};
inline constexpr int object_counts[] = {0, 1, 5};

// Many ranks on few cores take long: then short blocks only.
inline std::span<const int> fitting(const communicator& world, std::span<const int> counts) {
  return world.size() > 7 ? counts.first(3) : counts;
}

// Calls f(root, count).
template <class F>
void for_each_root_and_count(const communicator& world, std::span<const int> counts, F&& f) {
  for (const int count : fitting(world, counts)) {
    for (int root = 0; root < world.size(); ++root) f(root, count);
  }
}

}  // namespace cohort::test
