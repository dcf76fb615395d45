// Communicators whose ranks form a grid.
#pragma once

#include <cohort/call.hpp>
#include <cohort/communicator.hpp>
#include <cohort/topology/dimensions.hpp>
#include <cohort/topology/neighborhood.hpp>

#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {
struct cartesian_grid;
}

// A communicator whose ranks stand in a grid: all of communicator, and where each rank stands. Rank
// 0 is at the origin; the last coordinate varies fastest. A handle: copies are the same. Null at
// the ranks that are left out; on those every call but `if (grid)` throws usage_error.
//
//   cohort::cartesian_communicator grid(world, cohort::cartesian_topology{{0, true}, {0, false}});
//   auto [left, right] = grid.shifted_ranks(1, 1);
//   auto from_left = grid.sendrecv<double>(right, 0, mine, left, 0);
//
// Everything but construction is local.
class cartesian_communicator : public communicator {
 public:
  // The first ranks of `comm`, as many as the grid has places; collective over comm, where all give
  // the same dimensions. Sizes of 0 are chosen as cartesian_dimensions does for all ranks of comm.
  // `reorder` allows to number the ranks as suits the machine; the order is that of comm either
  // way, since on one host none is better. Throws, on every rank, argument_error where dimensions
  // differ between ranks, a size is negative, the grid needs more ranks than there are, or no sizes
  // fit. O(comm.size()) messages.
  cartesian_communicator(const communicator& comm, const cartesian_topology& dims,
                         bool reorder = false, call where = {});
  // The sub-grid to which the caller belongs: the dimensions in `keep` (from 0, in any order; they
  // stand in the result as in `comm`) remain, in the others the caller's coordinate is fixed.
  // Collective over comm, where all give the same. argument_error, on every rank, for a dimension
  // that there is not or that is named twice.
  //   cohort::cartesian_communicator row(grid, {1});
  cartesian_communicator(const cartesian_communicator& comm, const std::vector<int>& keep,
                         call where = {});

  // The number of dimensions.
  int ndims(call where = {}) const;
  using communicator::rank;
  // The rank at these coordinates, one for each dimension. Beyond the border of a periodic
  // dimension they wrap round; argument_error beyond that of another, and for another number of
  // coordinates.
  int rank(const std::vector<int>& coords, call where = {}) const;
  // Where a rank stands; argument_error for a rank that there is not.
  std::vector<int> coordinates(int rank, call where = {}) const;
  // Whom the caller receives from and sends to (in this order) when all ranks pass something on by
  // `disp` places, which may be negative, in dimension `dim`, from 0. null_rank beyond the border
  // of a dimension that is not periodic. argument_error for a dimension that there is not.
  std::pair<int, int> shifted_ranks(int dim, int disp, call where = {}) const;
  // The dimensions, all sizes known, and the caller's coordinates.
  void topology(cartesian_topology& dims, std::vector<int>& coords, call where = {}) const;
  cartesian_topology topology(call where = {}) const;

  // The neighbours in the order of the neighbourhood collectives: for each dimension the one before
  // and the one after; null_rank beyond the border. Whoever is a source is a destination.
  std::span<const int> sources(call where = {}) const { return neighborhood(where).sources; }
  std::span<const int> destinations(call where = {}) const {
    return neighborhood(where).destinations;
  }

  // For the other parts of the library.
  const detail::neighborhood& neighborhood(const call& where) const;
  const detail::cartesian_grid& grid(const call& where) const;

 private:
  // Null for ranks that are left out.
  std::shared_ptr<const detail::cartesian_grid> grid_;
};

}  // namespace cohort
