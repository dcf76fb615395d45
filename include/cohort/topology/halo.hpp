// The halo exchange: each rank of a grid holds a part of an array, and around it the outermost
// cells of its neighbours.
#pragma once

#include <cohort/call.hpp>
#include <cohort/communicator.hpp>
#include <cohort/datatype.hpp>
#include <cohort/request.hpp>
#include <cohort/topology/cartesian.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace cohort {

// How the local array lies in memory: row-major, the last dimension without gaps, one dimension for
// each of the grid's.
//   cohort::halo_layout field{.extents = {rows + 2, columns + 2}, .widths = {1, 1}};
struct halo_layout {
  std::vector<int> extents;  // cells in each dimension, halo included
  std::vector<int> widths;   // cells of the halo on each side of each dimension; 0: none
  // Whether the cells beyond edges and corners are filled too. A five-point stencil, which looks
  // straight ahead only, does without them, and with fewer messages.
  bool corners = true;
};

namespace detail {

// Elements of one type in one array, as the compiled part sees them.
struct halo_array {
  std::byte* data;
  std::size_t elements;
  std::size_t element_bytes;
  const element_type* type;
};

template <class T>
halo_array as_halo_array(std::span<T> array) {
  static_assert(direct<T>,
                "cohort: T can't be in a halo exchange: its elements do not travel as bytes; "
                "send them with neighbor_all_to_all, as vectors");
  return {reinterpret_cast<std::byte*>(array.data()), array.size(), sizeof(T), &element_type_of<T>};
}

void exchange_halo(const cartesian_communicator& grid, const halo_layout& layout,
                   const halo_array& array, const call& where);
request start_halo_exchange(const cartesian_communicator& grid, const halo_layout& layout,
                            const halo_array& array, const call& where);

}  // namespace detail

// Fills the halo of `array` with the cells that lie next to it in the neighbours' arrays, corners
// included. Collective over the grid. Avoids the deadlock of ranks that all send their borders
// before they receive, which works while borders are short.
//
// Each rank sends one message to each neighbour, at once: 3^d - 1 of them in d dimensions, 2d
// without corners; a rank may be its own neighbour. Beyond the border of a dimension that is not
// periodic the halo is the program's, for its boundary values: it stays as it is, but travels along
// the border in the other dimensions, so that afterwards every cell, halo included, is as if the
// ranks had one array with one halo around it. (Without corners it does not travel.)
//
// Where neighbours' arrays differ in size, they must agree where they touch. Throws argument_error
// if the layout does not fit the grid or the span, or if a part is thinner than the halo is wide;
// otherwise as all collectives.
//   std::vector<double> field((rows + 2) * (columns + 2));
//   cohort::exchange_halo(grid, std::span(field), {{rows + 2, columns + 2}, {1, 1}});
template <class T, std::size_t Extent>
void exchange_halo(const cartesian_communicator& grid, std::span<T, Extent> array,
                   const halo_layout& layout, call where = {}) {
  detail::exchange_halo(grid, layout, detail::as_halo_array(std::span<T>(array)), where);
}

// Starts an exchange. What is sent is copied, so that the array may be read and changed; the halo
// is filled by wait() or a successful test(), until when the array must stay where it is. Otherwise
// as exchange_halo.
//   auto halo = cohort::iexchange_halo(grid, std::span(field), layout);
//   compute_inside(field); halo.wait(); compute_border(field);
template <class T, std::size_t Extent>
request iexchange_halo(const cartesian_communicator& grid, std::span<T, Extent> array,
                       const halo_layout& layout, call where = {}) {
  return detail::start_halo_exchange(grid, layout, detail::as_halo_array(std::span<T>(array)),
                                     where);
}

// Passes a value on by `displacement` places in one dimension of the grid, and returns the one that
// comes in; a default value where nobody stands before the caller. Collective over the grid's line
// in that dimension. Cannot deadlock, however long the value.
//   auto from_left = cohort::shift_along(grid, 1, mine);
template <class T>
T shift_along(const cartesian_communicator& grid, int dimension, const T& value,
              int displacement = 1, int tag = 0, call where = {}) {
  const auto [source, destination] = grid.shifted_ranks(dimension, displacement, where);
  return grid.sendrecv<T>(destination, tag, value, source, tag, where);
}

}  // namespace cohort
