// The halo exchange against one array that nobody cuts: 1 to 3 dimensions × periodic or not in each
// × widths, equal and different, 0 included × with and without corners × arrays that are cut
// unevenly × blocking and not × element types; and layouts that do not fit.
#include "support/ranked.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace cohort::test {

namespace {

// Every cell has a number of its own, even those around the whole.
long value_at(const std::vector<int>& cell) {
  long value = 1;
  for (const int at : cell) value = value * 1000 + at + 100;
  return value;
}

constexpr long untouched = -1;

// A whole of cells, and the part of it that a rank holds, with its halo.
class part {
 public:
  part(const cartesian_communicator& grid, std::vector<int> widths)
      : topology_(grid.topology()), widths_(std::move(widths)) {
    const auto coords = grid.coordinates(grid.rank());
    for (std::size_t d = 0; d < coords.size(); ++d) {
      // Uneven: the part at coordinate c has a cell more than the one at c - 1.
      const int least = widths_[d] + 1;
      int begin = 0;
      for (int c = 0; c < coords[d]; ++c) begin += least + c;
      begin_.push_back(begin);
      extents_.push_back(least + coords[d] + 2 * widths_[d]);
      int whole = 0;
      for (int c = 0; c < topology_[d].size; ++c) whole += least + c;
      whole_.push_back(whole);
    }
  }

  halo_layout layout(bool corners) const { return {extents_, widths_, corners}; }
  std::size_t cells() const {
    std::size_t product = 1;
    for (const int extent : extents_) product *= static_cast<std::size_t>(extent);
    return product;
  }

  // What a cell holds before the exchange: its own value in the part and beyond a border that does
  // not wrap, nothing in the rest of the halo.
  long before(std::size_t index) const {
    const auto at = local(index);
    bool own = true;
    for (std::size_t d = 0; d < at.size(); ++d) {
      const bool in_halo = at[d] < widths_[d] || at[d] >= extents_[d] - widths_[d];
      if (in_halo && !beyond(d, at[d])) own = false;
    }
    return own ? value_at(global(at)) : untouched;
  }
  // And after it.
  long after(std::size_t index, bool corners) const {
    if (corners) return value_at(global(local(index)));
    const auto at = local(index);
    int outside = 0;
    for (std::size_t d = 0; d < at.size(); ++d) {
      if (at[d] < widths_[d] || at[d] >= extents_[d] - widths_[d]) ++outside;
    }
    return outside <= 1 ? value_at(global(at)) : before(index);
  }

 private:
  std::vector<int> local(std::size_t index) const {
    std::vector<int> at(extents_.size());
    for (std::size_t d = at.size(); d-- > 0;) {
      const auto extent = static_cast<std::size_t>(extents_[d]);
      at[d] = static_cast<int>(index % extent);
      index /= extent;
    }
    return at;
  }
  bool beyond(std::size_t d, int at) const {
    const int cell = begin_[d] + at - widths_[d];
    return !topology_[d].periodic && (cell < 0 || cell >= whole_[d]);
  }
  std::vector<int> global(std::vector<int> at) const {
    for (std::size_t d = 0; d < at.size(); ++d) {
      at[d] += begin_[d] - widths_[d];
      if (topology_[d].periodic) at[d] = (at[d] + whole_[d]) % whole_[d];
    }
    return at;
  }

  const cartesian_topology topology_;
  const std::vector<int> widths_;
  std::vector<int> begin_;
  std::vector<int> extents_;
  std::vector<int> whole_;
};

template <class T>
std::vector<T> array_before(const part& mine) {
  std::vector<T> array;
  for (std::size_t i = 0; i < mine.cells(); ++i) array.push_back(static_cast<T>(mine.before(i)));
  return array;
}

template <class T>
std::vector<T> array_after(const part& mine, bool corners) {
  std::vector<T> array;
  for (std::size_t i = 0; i < mine.cells(); ++i) {
    array.push_back(static_cast<T>(mine.after(i, corners)));
  }
  return array;
}

template <class T>
void check(const cartesian_communicator& grid, const std::vector<int>& widths, bool corners) {
  const part mine(grid, widths);
  auto array = array_before<T>(mine);
  exchange_halo(grid, std::span(array), mine.layout(corners));
  EXPECT_EQ(array, array_after<T>(mine, corners)) << grid.topology() << " corners " << corners;

  auto other = array_before<T>(mine);
  auto under_way = iexchange_halo(grid, std::span(other), mine.layout(corners));
  under_way.wait();
  EXPECT_EQ(other, array_after<T>(mine, corners)) << grid.topology() << " corners " << corners;
}

std::vector<bool> choice(unsigned bits, std::size_t dimensions) {
  std::vector<bool> result;
  for (std::size_t d = 0; d < dimensions; ++d) result.push_back((bits >> d & 1u) != 0);
  return result;
}

cartesian_communicator grid_of(const communicator& world, std::size_t dimensions, unsigned bits) {
  return cartesian_communicator(
      world, cartesian_topology(std::vector<int>(dimensions, 0), choice(bits, dimensions)));
}

}  // namespace

RANKED_TEST(halo, every_periodicity_and_width) {
  const std::vector<int> widths[] = {{1}, {3}, {0}, {1, 1}, {2, 1}, {0, 2}, {1, 1, 1}, {2, 0, 1}};
  for (const auto& width : widths) {
    for (unsigned bits = 0; bits < 1u << width.size(); ++bits) {
      const auto grid = grid_of(world, width.size(), bits);
      for (const bool corners : {true, false}) check<long>(grid, width, corners);
    }
  }
}

RANKED_TEST(halo, a_line_of_ranks_in_a_sheet) {
  for (unsigned bits = 0; bits < 4; ++bits) {
    const std::vector sizes{1, world.size()};
    const cartesian_communicator grid(world, cartesian_topology(sizes, choice(bits, 2)));
    check<long>(grid, {1, 2}, true);
    check<long>(grid, {1, 2}, false);
  }
}

RANKED_TEST(halo, types_of_elements) {
  const auto grid = grid_of(world, 2, 1);
  check<double>(grid, {1, 1}, true);
  check<unsigned char>(grid, {1, 1}, true);
  const part mine(grid, {1, 1});
  std::vector<std::array<long, 3>> array;
  std::vector<std::array<long, 3>> expected;
  for (std::size_t i = 0; i < mine.cells(); ++i) {
    array.push_back({mine.before(i), 2 * mine.before(i), 7});
    expected.push_back({mine.after(i, true), 2 * mine.after(i, true), 7});
  }
  exchange_halo(grid, std::span(array), mine.layout(true));
  EXPECT_EQ(array, expected);
}

// Faces that are too long to be buffered.
RANKED_TEST(halo, long_faces) {
  const auto grid = grid_of(world, 1, 1);
  const auto size = static_cast<std::size_t>(100'000);
  std::vector<double> array(3 * size);
  std::fill_n(array.begin() + 100'000, size, grid.rank());
  exchange_halo(grid, std::span(array), {{300'000}, {100'000}});
  const auto [left, right] = grid.shifted_ranks(0, 1);
  std::vector<double> expected(3 * size, grid.rank());
  std::fill_n(expected.begin(), size, left);
  std::fill_n(expected.begin() + 200'000, size, right);
  EXPECT_EQ(array, expected);
}

RANKED_TEST(halo, the_array_may_change_while_an_exchange_is_under_way) {
  const auto grid = grid_of(world, 1, 1);
  const auto [left, right] = grid.shifted_ranks(0, 1);
  std::vector<int> array{0, grid.rank(), 0};
  auto under_way = iexchange_halo(grid, std::span(array), {{3}, {1}});
  array[1] = 1000;
  under_way.wait();
  EXPECT_EQ(array, (std::vector{left, 1000, right}));
}

RANKED_TEST(halo, many_in_flight) {
  const auto grid = grid_of(world, 2, 2);
  const part mine(grid, {1, 1});
  std::vector<std::vector<long>> arrays(20, array_before<long>(mine));
  std::vector<request> requests;
  for (auto& array : arrays) {
    requests.push_back(iexchange_halo(grid, std::span(array), mine.layout(true)));
  }
  wait_all(requests);
  for (const auto& array : arrays) EXPECT_EQ(array, array_after<long>(mine, true));
}

RANKED_TEST(halo, layouts_that_do_not_fit_are_errors) {
  std::vector<int> array(12);
  const halo_layout wrong[] = {
      {{12}, {1}},
      {{3, 4}, {1}},
      {{3}, {1, 1}},
      {{3, 5}, {1, 1}},
      {{4, 3}, {1, -1}},
      {{6, 2}, {1, 1}},
      {{-3, -4}, {0, 0}},
      {{0, 12}, {0, 0}},
      {{2147483647, 2147483647}, {1, 1}},
      {{12, 1}, {2147483647, 0}},
  };
  // After a mistake a communicator has no more collectives, so each gets its own.
  for (const auto& layout : wrong) {
    EXPECT_THROW(exchange_halo(grid_of(world, 2, 0), std::span(array), layout), argument_error);
    EXPECT_THROW(iexchange_halo(grid_of(world, 2, 0), std::span(array), layout), argument_error);
  }
}

RANKED_TEST(halo, values_are_shifted_along_a_dimension) {
  for (unsigned bits = 0; bits < 4; ++bits) {
    const auto grid = grid_of(world, 2, bits);
    const std::string mine(20'000, static_cast<char>('a' + grid.rank()));
    for (const int dimension : {0, 1}) {
      for (const int by : {1, -1, 2}) {
        const int from = grid.shifted_ranks(dimension, by).first;
        const auto expected =
            from == null_rank ? std::string() : std::string(20'000, static_cast<char>('a' + from));
        EXPECT_EQ(shift_along(grid, dimension, mine, by), expected);
      }
    }
  }
}

}  // namespace cohort::test
