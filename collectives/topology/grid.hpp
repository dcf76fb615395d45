// The arithmetic of grids: ranks and coordinates, in row-major order.
#pragma once

#include <cohort/topology/dimensions.hpp>
#include <cohort/topology/neighborhood.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace cohort::detail {

// What a cartesian_communicator knows besides its ranks.
struct cartesian_grid {
  cartesian_grid(cartesian_topology topology, int rank);

  // The rank at `coords`, wrapped round where the dimension is periodic; null_rank where they lie
  // beyond the border of another one.
  int rank_at(std::span<const std::int64_t> coords) const;
  // The one that stands `offsets` further than the caller.
  int neighbor(std::span<const std::int64_t> offsets) const;

  cartesian_topology topology;
  std::vector<int> coordinates;  // the caller's
  detail::neighborhood neighbors;
};

std::vector<int> coordinates_of(const cartesian_topology& topology, int rank);

}  // namespace cohort::detail
