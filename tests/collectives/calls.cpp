#include "calls.hpp"

namespace cohort::test {

namespace {

using detail::collective;

// Block `block` of what `rank` gives. Reductions need equal lengths on all ranks.
elements block_of(const task& about, int rank, int block) {
  std::size_t count = about.count;
  if (!about.uniform) {
    count += static_cast<std::size_t>(block);
    if (!about.reduces()) count += static_cast<std::size_t>(2 * rank);
  }
  elements result(count);
  auto word = static_cast<std::uint32_t>(rank * 1000 + block + 1) * 2654435761u;
  for (affine& e : result) {
    word = word * 1664525u + 1013904223u;
    e = {word | 1, word >> 7};
  }
  return result;
}

int blocks_given(const task& about, int rank) {
  switch (about.what) {
    case collective::barrier:
      return 0;
    case collective::broadcast:
      return rank == about.root ? 1 : 0;
    case collective::scatter:
      return rank == about.root ? about.ranks : 0;
    case collective::all_to_all:
    case collective::reduce_scatter:
      return about.ranks;
    default:
      return 1;
  }
}

// Of block `block` of the ranks up to, and not with, `end`.
elements folded(const task& about, int block, int end) {
  elements sum = block_of(about, 0, block);
  for (int rank = 1; rank < end; ++rank) {
    const elements next = block_of(about, rank, block);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = about.combined(sum[i], next[i]);
  }
  return sum;
}

std::vector<elements> from_all(const task& about, int block) {
  std::vector<elements> result;
  for (int rank = 0; rank < about.ranks; ++rank) result.push_back(block_of(about, rank, block));
  return result;
}

}  // namespace

std::vector<elements> given_by(const task& about, int rank) {
  std::vector<elements> result;
  for (int block = 0; block < blocks_given(about, rank); ++block) {
    result.push_back(block_of(about, rank, block));
  }
  return result;
}

std::vector<elements> expected_by(const task& about, int rank) {
  const bool at_root = rank == about.root;
  switch (about.what) {
    case collective::broadcast:
      return at_root ? std::vector<elements>()
                     : std::vector<elements>{block_of(about, about.root, 0)};
    case collective::scatter:
      return {block_of(about, about.root, rank)};
    case collective::gather:
      return at_root ? from_all(about, 0) : std::vector<elements>();
    case collective::all_gather:
      return from_all(about, 0);
    case collective::all_to_all:
      return from_all(about, rank);
    case collective::reduce:
      return at_root ? std::vector<elements>{folded(about, 0, about.ranks)}
                     : std::vector<elements>();
    case collective::all_reduce:
      return {folded(about, 0, about.ranks)};
    case collective::reduce_scatter:
      return {folded(about, rank, about.ranks)};
    case collective::scan:
      return {folded(about, 0, rank + 1)};
    case collective::exscan:
      return rank == 0 ? std::vector<elements>() : std::vector<elements>{folded(about, 0, rank)};
    default:
      return {};
  }
}

}  // namespace cohort::test
