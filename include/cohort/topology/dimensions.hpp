// What a grid of ranks looks like: how many ranks in each dimension, and whether it wraps round.
#pragma once

#include <cohort/call.hpp>
#include <cohort/communicator.hpp>
#include <cohort/datatype.hpp>

#include <concepts>
#include <initializer_list>
#include <iosfwd>
#include <ranges>
#include <utility>
#include <vector>

namespace cohort {

// One dimension of a grid.
struct cartesian_dimension {
  int size;       // ranks along it; 0: to be chosen when the grid is made
  bool periodic;  // after the last rank comes the first

  cartesian_dimension(int ranks = 0, bool wraps = false) : size(ranks), periodic(wraps) {}

  friend bool operator==(const cartesian_dimension&, const cartesian_dimension&) = default;
};

// Writes "(4,cyclic)" or "(4,bounded)".
std::ostream& operator<<(std::ostream& out, const cartesian_dimension& dimension);

namespace detail {

template <class R, class T>
concept range_of = std::ranges::input_range<const R&> &&
                   std::constructible_from<T, std::ranges::range_reference_t<const R&>>;

}  // namespace detail

// The dimensions of a grid: a sequence of cartesian_dimension whose length is fixed. The last
// dimension varies fastest from rank to rank (row-major order).
//   cohort::cartesian_topology ring{{world.size(), true}};
//   cohort::cartesian_topology sheet{{0, true}, {0, false}};  // sizes are chosen
class cartesian_topology : private std::vector<cartesian_dimension> {
  using sequence = std::vector<cartesian_dimension>;

 public:
  using sequence::begin;
  using sequence::end;
  using sequence::size;
  using sequence::operator[];

  // So many dimensions, all of size 0 and not periodic; argument_error for a negative number.
  cartesian_topology(int dimensions, call where = {});
  cartesian_topology(const std::vector<cartesian_dimension>& dimensions) : sequence(dimensions) {}
  explicit cartesian_topology(std::initializer_list<cartesian_dimension> dimensions)
      : sequence(dimensions) {}
  // From any range of dimensions (or of sizes), a C array included.
  template <class Dimensions>
    requires(detail::range_of<Dimensions, cartesian_dimension> &&
             !std::derived_from<Dimensions, cartesian_topology>)
  explicit cartesian_topology(const Dimensions& dimensions) {
    for (const auto& one : dimensions) this->push_back(cartesian_dimension(one));
  }
  // From a range of sizes and one of whether each is periodic. The shorter one is continued with
  // size 0, or not periodic.
  template <class Sizes, class Periods>
    requires(detail::range_of<Sizes, int> && detail::range_of<Periods, bool>)
  cartesian_topology(const Sizes& sizes, const Periods& periods) {
    for (const int size : sizes) this->emplace_back(size);
    std::size_t i = 0;
    for (const bool periodic : periods) {
      if (i == this->size()) this->emplace_back();
      (*this)[i++].periodic = periodic;
    }
  }
  // The first n of two such sequences.
  template <std::input_iterator Size, std::input_iterator Period>
  cartesian_topology(Size size, Period period, int n) : cartesian_topology(n) {
    for (auto& one : *this) one = cartesian_dimension(*size++, *period++);
  }

  void swap(cartesian_topology& other) noexcept { sequence::swap(other); }

  // The same as a vector.
  std::vector<cartesian_dimension>& stl() { return *this; }
  const std::vector<cartesian_dimension>& stl() const { return *this; }
  // The sizes and the periodicities apart.
  void split(std::vector<int>& sizes, std::vector<bool>& periods) const;

  friend bool operator==(const cartesian_topology& a, const cartesian_topology& b) {
    return a.stl() == b.stl();
  }
};

// Writes "{(4,cyclic),(2,bounded)}".
std::ostream& operator<<(std::ostream& out, const cartesian_topology& topology);

// Fills in the dimensions that are 0, so that their product is `ranks`, and returns `dims`. Those
// that are not 0 stay. The chosen sizes do not increase, and are as equal as can be: the largest is
// as small as possible, then the second largest, and so on. Throws argument_error if a given size
// is negative, or if `ranks` is not positive or no multiple of the given sizes' product (or not
// equal to it, where nothing is free); `dims` is then as before. Local.
//   std::vector dims{0, 0, 0};
//   cohort::cartesian_dimensions(12, dims);  // 3, 2, 2
std::vector<int>& cartesian_dimensions(int ranks, std::vector<int>& dims, call where = {});
// The same for all ranks of `comm`.
inline std::vector<int>& cartesian_dimensions(const communicator& comm, std::vector<int>& dims,
                                              call where = {}) {
  return cartesian_dimensions(comm.size(where), dims, where);
}

}  // namespace cohort

COHORT_IS_MPI_DATATYPE(cohort::cartesian_dimension)
