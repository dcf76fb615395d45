// Boxes of an array: which cells a halo exchange sends to whom, and which it receives.
#pragma once

#include <cohort/topology/halo.hpp>

#include "collectives/topology/grid.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace cohort::detail {

// Cells first[d] to last[d]-1 in each dimension d.
struct box {
  std::vector<std::size_t> first;
  std::vector<std::size_t> last;

  std::size_t cells() const;
};

// What a rank exchanges with the neighbour that stands in one direction.
struct halo_part {
  int destination;
  box outgoing;  // for the neighbour in this direction
  int source;
  box incoming;  // from the neighbour in the opposite direction
};

// One part for each direction in which anybody stands: outgoing to there, incoming from the other
// side. Ranks that are neighbours in several directions so send and receive in the same order.
// Precondition: the layout fits the grid, and parts are not thinner than the halo.
std::vector<halo_part> halo_parts(const cartesian_grid& grid, const halo_layout& layout);

// Copy the cells of a box to and from one piece of memory; return its end.
std::byte* pack(const halo_array& array, std::span<const int> extents, const box& cells,
                std::byte* out);
const std::byte* unpack(const halo_array& array, std::span<const int> extents, const box& cells,
                        const std::byte* in);

}  // namespace cohort::detail
