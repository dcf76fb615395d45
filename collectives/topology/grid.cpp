#include "collectives/topology/grid.hpp"

#include <cohort/constants.hpp>

#include <utility>

namespace cohort::detail {

namespace {

// For each dimension the neighbour before and the one after. What is sent to the one before is what
// that one receives from the one after, and the other way round; hence the order of the sends,
// which matters where both are the same rank.
neighborhood neighbors_of(const cartesian_grid& grid) {
  std::vector<int> around;
  std::vector<std::size_t> send_order;
  std::vector<std::int64_t> offsets(grid.topology.size(), 0);
  for (std::size_t d = 0; d < grid.topology.size(); ++d) {
    for (const int step : {-1, 1}) {
      offsets[d] = step;
      around.push_back(grid.neighbor(offsets));
    }
    offsets[d] = 0;
    send_order.push_back(2 * d + 1);
    send_order.push_back(2 * d);
  }
  return neighborhood(around, around, std::move(send_order), !around.empty());
}

}  // namespace

cartesian_grid::cartesian_grid(cartesian_topology shape, int rank)
    : topology(std::move(shape)),
      coordinates(coordinates_of(topology, rank)),
      neighbors(neighbors_of(*this)) {}

int cartesian_grid::rank_at(std::span<const std::int64_t> coords) const {
  std::int64_t rank = 0;
  for (std::size_t d = 0; d < topology.size(); ++d) {
    const std::int64_t size = topology[d].size;
    std::int64_t at = coords[d];
    if (at < 0 || at >= size) {
      if (!topology[d].periodic) return null_rank;
      at = (at % size + size) % size;
    }
    rank = rank * size + at;
  }
  return static_cast<int>(rank);
}

int cartesian_grid::neighbor(std::span<const std::int64_t> offsets) const {
  std::vector<std::int64_t> coords(coordinates.begin(), coordinates.end());
  for (std::size_t d = 0; d < coords.size(); ++d) coords[d] += offsets[d];
  return rank_at(coords);
}

std::vector<int> coordinates_of(const cartesian_topology& topology, int rank) {
  std::vector<int> coords(topology.size());
  for (std::size_t d = topology.size(); d-- > 0;) {
    coords[d] = rank % topology[d].size;
    rank /= topology[d].size;
  }
  return coords;
}

}  // namespace cohort::detail
