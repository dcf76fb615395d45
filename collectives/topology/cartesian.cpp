// Making grids of ranks, and asking them.
#include <cohort/collectives/all_gather.hpp>
#include <cohort/constants.hpp>
#include <cohort/error.hpp>
#include <cohort/topology/cartesian.hpp>

#include "collectives/topology/grid.hpp"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>

namespace cohort {

namespace {

constexpr const char* name = "cartesian_communicator";

[[noreturn]] void refuse(const char* operation, const std::string& what, const call& where) {
  throw argument_error(what, {.operation = operation, .site = where.site});
}

std::string text_of(const cartesian_topology& topology) {
  std::ostringstream text;
  text << topology;
  return text.str();
}

std::string text_of(const std::vector<int>& values) {
  std::string text;
  for (const int value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
  return "(" + text + ")";
}

// All ranks see what all have given, so that all throw where they differ.
template <class Same>
void check_same(const communicator& comm, const Same& mine, const char* what, const call& where) {
  std::vector<Same> all;
  all_gather(comm, mine, all, where);
  for (std::size_t rank = 1; rank < all.size(); ++rank) {
    if (all[rank] == all[0]) continue;
    refuse(name,
           "all ranks must give the same " + std::string(what) + ", but rank 0 gave " +
               text_of(all[0]) + " and rank " + std::to_string(rank) + " " + text_of(all[rank]),
           where);
  }
}

// With all sizes chosen, and no larger than `ranks` allows.
cartesian_topology complete(cartesian_topology topology, int ranks, const call& where) {
  std::vector<int> sizes;
  std::vector<bool> periods;
  topology.split(sizes, periods);
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) {
    cartesian_dimensions(ranks, sizes, where);
  }
  std::int64_t places = 1;
  for (const int size : sizes) {
    if (size < 0) refuse(name, "the size " + std::to_string(size) + " is negative", where);
    if (places <= ranks) places *= size;
  }
  if (places > ranks) {
    refuse(name,
           "the grid " + text_of(topology) + " has more places than the " + std::to_string(ranks) +
               " ranks of the communicator; start more, or set sizes to 0 to have them chosen",
           where);
  }
  return cartesian_topology(sizes, periods);
}

int places_of(const cartesian_topology& topology) {
  int places = 1;
  for (const auto& dimension : topology) places *= dimension.size;
  return places;
}

}  // namespace

cartesian_communicator::cartesian_communicator(const communicator& comm,
                                               const cartesian_topology& dims, bool /*reorder*/,
                                               call where)
    : communicator(nullptr) {
  check_same(comm, dims.stl(), "dimensions", where);
  cartesian_topology topology = complete(dims, comm.size(where), where);
  const bool inside = comm.rank(where) < places_of(topology);
  communicator::operator=(comm.split(inside ? 0 : undefined, where));
  if (!inside) return;
  grid_ = std::make_shared<detail::cartesian_grid>(std::move(topology), communicator::rank(where));
}

cartesian_communicator::cartesian_communicator(const cartesian_communicator& comm,
                                               const std::vector<int>& keep, call where)
    : communicator(nullptr) {
  const detail::cartesian_grid& whole = comm.grid(where);
  check_same(comm, keep, "dimensions to keep", where);
  std::vector<bool> kept(whole.topology.size(), false);
  for (const int dim : keep) {
    const bool exists = dim >= 0 && dim < static_cast<int>(kept.size());
    if (!exists || kept[static_cast<std::size_t>(dim)]) {
      refuse(name,
             "dimension " + std::to_string(dim) +
                 (exists ? " is named twice"
                         : " is not in this grid, whose " + std::to_string(kept.size()) +
                               " dimensions count from 0"),
             where);
    }
    kept[static_cast<std::size_t>(dim)] = true;
  }
  std::vector<cartesian_dimension> remaining;
  int color = 0;  // the place in the grid of the dimensions that go
  for (std::size_t d = 0; d < kept.size(); ++d) {
    const cartesian_dimension& one = whole.topology[d];
    if (kept[d])
      remaining.push_back(one);
    else
      color = color * one.size + whole.coordinates[d];
  }
  communicator::operator=(comm.split(color, where));
  grid_ = std::make_shared<detail::cartesian_grid>(cartesian_topology(remaining),
                                                   communicator::rank(where));
}

const detail::cartesian_grid& cartesian_communicator::grid(const call& where) const {
  share(where);  // throws at the ranks that are left out
  return *grid_;
}

const detail::neighborhood& cartesian_communicator::neighborhood(const call& where) const {
  return grid(where).neighbors;
}

int cartesian_communicator::ndims(call where) const {
  return static_cast<int>(grid(where).topology.size());
}

int cartesian_communicator::rank(const std::vector<int>& coords, call where) const {
  const cartesian_topology& topology = grid(where).topology;
  if (coords.size() != topology.size()) {
    refuse("rank",
           "expected " + std::to_string(topology.size()) + " coordinates, got " +
               std::to_string(coords.size()),
           where);
  }
  const int found = grid(where).rank_at(std::vector<std::int64_t>(coords.begin(), coords.end()));
  if (found == null_rank) {
    refuse("rank",
           text_of(coords) + " lies beyond the border of the grid " + text_of(topology) +
               " in a dimension that is not periodic",
           where);
  }
  return found;
}

std::vector<int> cartesian_communicator::coordinates(int rank, call where) const {
  const detail::cartesian_grid& here = grid(where);
  if (rank < 0 || rank >= size(where)) {
    refuse("coordinates",
           "there is no rank " + std::to_string(rank) + " in this grid; its ranks are 0 to " +
               std::to_string(size(where) - 1),
           where);
  }
  return detail::coordinates_of(here.topology, rank);
}

std::pair<int, int> cartesian_communicator::shifted_ranks(int dim, int disp, call where) const {
  const detail::cartesian_grid& here = grid(where);
  if (dim < 0 || dim >= ndims(where)) {
    refuse("shifted_ranks",
           "there is no dimension " + std::to_string(dim) + " in this grid, whose " +
               std::to_string(ndims(where)) + " dimensions count from 0",
           where);
  }
  std::vector<std::int64_t> offsets(here.topology.size(), 0);
  const auto at = static_cast<std::size_t>(dim);
  offsets[at] = -std::int64_t{disp};
  const int source = here.neighbor(offsets);
  offsets[at] = disp;
  return {source, here.neighbor(offsets)};
}

void cartesian_communicator::topology(cartesian_topology& dims, std::vector<int>& coords,
                                      call where) const {
  dims = grid(where).topology;
  coords = grid(where).coordinates;
}

cartesian_topology cartesian_communicator::topology(call where) const {
  return grid(where).topology;
}

}  // namespace cohort
