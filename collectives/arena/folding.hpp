// Who combines what in a reduction.
#pragma once

#include <cohort/detail/collective.hpp>

#include "collectives/board/board.hpp"

#include <cstdint>

namespace cohort::collectives::arena {

// This rank combines block `block` of what the ranks `first` to `last` give, in their order;
// nothing if there is none. Always from the left: so results are the same in every run.
struct folding {
  int first;
  int last;
  std::uint32_t block;
  std::uint32_t blocks;  // that each rank gives
  bool any() const { return first <= last; }
};

inline folding folding_of(const board& shared, const detail::collective_call& part) {
  using detail::collective;
  const int me = shared.rank();
  const int n = shared.size();
  switch (part.what) {
    case collective::reduce:
      return {0, part.root == me ? n - 1 : -1, 0, 1};
    case collective::scan:
      return {0, me, 0, 1};
    case collective::exscan:
      return {0, me - 1, 0, 1};
    case collective::reduce_scatter:
      return {0, n - 1, static_cast<std::uint32_t>(me), static_cast<std::uint32_t>(n)};
    default:
      return {0, n - 1, 0, 1};
  }
}

}  // namespace cohort::collectives::arena
