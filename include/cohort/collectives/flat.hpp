// Blocks of differing lengths, one for each rank, in one piece of memory.
#pragma once

#include <cohort/error.hpp>

#include <concepts>
#include <cstddef>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cohort {

// What gatherv, all_gatherv and all_to_allv return, and what scatterv and all_to_allv take: block i
// belongs to rank i. As many blocks as ranks, or none where there is no result.
//   auto all = all_gatherv(world, std::span(mine));
//   for (double x : all[2]) …                        // what rank 2 gave
template <class T>
class flat {
  static_assert(!std::same_as<T, bool>,
                "cohort: flat<bool>: use char, bool has no contiguous vector");

 public:
  using value_type = T;

  flat() = default;
  // Blocks of these lengths, one after another; argument_error unless they add up to values.size().
  //   cohort::flat<int> pieces({1, 2, 3, 4}, {3, 1});
  flat(std::vector<T> values, const std::vector<std::size_t>& counts)
      : values_(std::move(values)), offsets_(counts.size() + 1) {
    std::partial_sum(counts.begin(), counts.end(), offsets_.begin() + 1);
    if (offsets_.back() != values_.size()) {
      throw argument_error("the lengths of the blocks add up to " +
                               std::to_string(offsets_.back()) + ", but there are " +
                               std::to_string(values_.size()) + " elements",
                           {.operation = "flat"});
    }
  }
  // Copies a vector for each rank. O(all elements).
  explicit flat(const std::vector<std::vector<T>>& blocks) {
    offsets_.reserve(blocks.size() + 1);
    offsets_.push_back(0);
    for (const std::vector<T>& block : blocks) {
      values_.insert(values_.end(), block.begin(), block.end());
      offsets_.push_back(values_.size());
    }
  }

  // The number of blocks.
  std::size_t size() const noexcept { return offsets_.empty() ? 0 : offsets_.size() - 1; }
  bool empty() const noexcept { return size() == 0; }
  // Block `rank`, which must be less than size().
  std::span<const T> operator[](std::size_t rank) const {
    return std::span(values_).subspan(offsets_[rank], count(rank));
  }
  std::span<T> operator[](std::size_t rank) {
    return std::span(values_).subspan(offsets_[rank], count(rank));
  }
  // The number of its elements.
  std::size_t count(std::size_t rank) const { return offsets_[rank + 1] - offsets_[rank]; }

  // All elements, by rank. Of a temporary they are moved out, so that a loop over them is sound.
  const std::vector<T>& values() const& noexcept { return values_; }
  std::vector<T> values() && noexcept { return std::move(values_); }
  // The same to be changed in place, which leaves the blocks as long as they are.
  std::span<T> elements() noexcept { return values_; }
  // Where the blocks begin in values(), and behind the last one its size: size() + 1 numbers.
  const std::vector<std::size_t>& offsets() const noexcept { return offsets_; }

  friend bool operator==(const flat&, const flat&) = default;

 private:
  std::vector<T> values_;
  std::vector<std::size_t> offsets_;
};

}  // namespace cohort
