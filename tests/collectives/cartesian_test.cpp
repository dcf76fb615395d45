// Grids of ranks: sizes that are chosen, coordinates, neighbours and borders, sub-grids, ranks that
// are left out, and mistakes of one rank, which are errors on all.
#include "support/ranked.hpp"

#include <array>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace cohort::test {

namespace {

// All shapes with so many dimensions that fit into `ranks` ranks.
std::vector<std::vector<int>> shapes(std::size_t dimensions, int ranks) {
  if (dimensions == 0) return {{}};
  std::vector<std::vector<int>> result;
  for (int size = 1; size <= ranks; ++size) {
    for (auto rest : shapes(dimensions - 1, ranks / size)) {
      rest.insert(rest.begin(), size);
      result.push_back(rest);
    }
  }
  return result;
}

// Which of the dimensions are periodic: every choice.
std::vector<std::vector<bool>> choices(std::size_t dimensions) {
  std::vector<std::vector<bool>> result;
  for (unsigned bits = 0; bits < 1u << dimensions; ++bits) {
    std::vector<bool> one;
    for (std::size_t d = 0; d < dimensions; ++d) one.push_back((bits >> d & 1u) != 0);
    result.push_back(one);
  }
  return result;
}

int product(const std::vector<int>& sizes) {
  int result = 1;
  for (const int size : sizes) result *= size;
  return result;
}

// Of all ways to write n as a product of non-increasing factors, the lexicographically least: by
// trying all.
std::vector<int> best_factors(int n, std::size_t factors, int limit) {
  if (factors == 0) return {};
  for (int first = 1; first <= limit; ++first) {
    if (n % first != 0) continue;
    if (factors == 1) {
      if (first == n) return {first};
      continue;
    }
    auto rest = best_factors(n / first, factors - 1, first);
    if (rest.empty()) continue;
    rest.insert(rest.begin(), first);
    return rest;
  }
  return {};
}

std::string text_of_error(const std::function<void()>& call) {
  try {
    call();
  } catch (const argument_error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

RANKED_TEST(cartesian, dimensions_are_as_equal_as_can_be) {
  for (int ranks = 1; ranks <= 130; ++ranks) {
    for (const std::size_t count : {1u, 2u, 3u, 4u}) {
      std::vector<int> dims(count, 0);
      EXPECT_EQ(&cartesian_dimensions(ranks, dims), &dims);
      EXPECT_EQ(dims, best_factors(ranks, count, ranks)) << ranks << " in " << count;
    }
  }
}

RANKED_TEST(cartesian, dimensions_that_are_given_stay) {
  const struct {
    int ranks;
    std::vector<int> given;
    std::vector<int> expected;
  } rows[] = {
      {6, {0, 0}, {3, 2}},
      {7, {0, 0}, {7, 1}},
      {6, {0, 3, 0}, {2, 3, 1}},
      {36, {0, 0, 0}, {4, 3, 3}},
      {16, {0, 2, 0}, {4, 2, 2}},
      {12, {3, 4}, {3, 4}},
      {1, {}, {}},
      {1, {0, 0, 0}, {1, 1, 1}},
      {2147483647, {0, 0}, {2147483647, 1}},
      {1073741824, {0, 0, 0, 0, 0, 0}, {32, 32, 32, 32, 32, 32}},
  };
  for (const auto& row : rows) {
    auto dims = row.given;
    EXPECT_EQ(cartesian_dimensions(row.ranks, dims), row.expected);
  }
  std::vector<int> all{0};
  EXPECT_EQ(cartesian_dimensions(world, all), std::vector{world.size()});
}

RANKED_TEST(cartesian, dimensions_that_do_not_fit_are_errors) {
  const struct {
    int ranks;
    std::vector<int> given;
  } rows[] = {
      {7, {0, 3, 0}}, {4, {-1, 0}}, {0, {0}},
      {-3, {0}},      {4, {2, 3}},  {4, {2}},
      {4, {8, 0}},    {2, {}},      {3, {65536, 65536, 65536, 65536, 0}},
  };
  for (const auto& row : rows) {
    auto dims = row.given;
    EXPECT_THROW(cartesian_dimensions(row.ranks, dims), argument_error) << row.ranks;
    EXPECT_EQ(dims, row.given);
  }
}

RANKED_TEST(cartesian, topologies_are_made_from_many_things) {
  const cartesian_topology expected{{3, true}, {2, false}};
  const std::vector<cartesian_dimension> vector{{3, true}, {2, false}};
  const std::array<cartesian_dimension, 2> array{{{3, true}, {2, false}}};
  const cartesian_dimension plain[] = {{3, true}, {2, false}};
  const std::vector<int> sizes{3, 2};
  const bool periods[] = {true};
  EXPECT_EQ(cartesian_topology(vector), expected);
  EXPECT_EQ(cartesian_topology(array), expected);
  EXPECT_EQ(cartesian_topology(plain), expected);
  EXPECT_EQ(cartesian_topology(sizes, periods), expected);
  EXPECT_EQ(cartesian_topology(sizes.begin(), std::begin({true, false}), 2), expected);
  EXPECT_EQ(cartesian_topology(std::vector<int>{3}, std::vector<bool>{true, false}),
            cartesian_topology({{3, true}, {0, false}}));
  EXPECT_EQ(cartesian_topology(2), cartesian_topology({{0, false}, {0, false}}));
  EXPECT_NE(cartesian_topology(3), expected);
  EXPECT_THROW(cartesian_topology(-1), argument_error);
  EXPECT_EQ(expected.size(), 2u);
  EXPECT_EQ(expected[0], cartesian_dimension(3, true));
  EXPECT_EQ(expected.stl(), vector);

  std::vector<int> split_sizes{9};
  std::vector<bool> split_periods{true};
  expected.split(split_sizes, split_periods);
  EXPECT_EQ(split_sizes, sizes);
  EXPECT_EQ(split_periods, (std::vector{true, false}));

  std::ostringstream text;
  text << expected;
  EXPECT_EQ(text.str(), "{(3,cyclic),(2,bounded)}");
}

RANKED_TEST(cartesian, every_shape_that_fits) {
  for (const std::size_t dimensions : {0u, 1u, 2u, 3u}) {
    for (const auto& sizes : shapes(dimensions, world.size())) {
      const cartesian_communicator grid(world, cartesian_topology(sizes, std::vector<bool>()));
      EXPECT_EQ(bool(grid), world.rank() < product(sizes));
      if (!grid) continue;
      EXPECT_EQ(grid.size(), product(sizes));
      EXPECT_EQ(grid.rank(), world.rank());
      EXPECT_EQ(grid.ndims(), static_cast<int>(dimensions));
      // Counting through the grid, the last coordinate fastest, counts through the ranks.
      std::vector<int> coords(dimensions, 0);
      for (int rank = 0; rank < grid.size(); ++rank) {
        EXPECT_EQ(grid.coordinates(rank), coords);
        EXPECT_EQ(grid.rank(coords), rank);
        for (std::size_t d = dimensions; d-- > 0;) {
          if (++coords[d] < sizes[d]) break;
          coords[d] = 0;
        }
      }
      cartesian_topology told(0);
      std::vector<int> here;
      grid.topology(told, here);
      EXPECT_EQ(told, cartesian_topology(sizes, std::vector<bool>()));
      EXPECT_EQ(grid.topology(), told);
      EXPECT_EQ(here, grid.coordinates(grid.rank()));
    }
  }
}

RANKED_TEST(cartesian, shifts_in_every_shape_and_periodicity) {
  for (const std::size_t dimensions : {1u, 2u}) {
    for (const auto& sizes : shapes(dimensions, world.size())) {
      for (const auto& periods : choices(dimensions)) {
        const cartesian_communicator grid(world, cartesian_topology(sizes, periods));
        if (!grid) continue;
        const auto here = grid.coordinates(grid.rank());
        const auto expected = [&](std::size_t d, int step) {
          auto coords = here;
          coords[d] += step;
          const int size = sizes[d];
          if (periods[d]) coords[d] = (coords[d] % size + size) % size;
          if (coords[d] < 0 || coords[d] >= size) return null_rank;
          return grid.rank(coords);
        };
        std::vector<int> around;
        for (std::size_t d = 0; d < dimensions; ++d) {
          for (int step = -2 * sizes[d] - 1; step <= 2 * sizes[d] + 1; ++step) {
            EXPECT_EQ(grid.shifted_ranks(static_cast<int>(d), step),
                      std::pair(expected(d, -step), expected(d, step)));
          }
          around.insert(around.end(), {expected(d, -1), expected(d, 1)});
        }
        EXPECT_EQ(std::vector(grid.sources().begin(), grid.sources().end()), around);
        EXPECT_EQ(std::vector(grid.destinations().begin(), grid.destinations().end()), around);
      }
    }
  }
}

RANKED_TEST(cartesian, coordinates_wrap_in_periodic_dimensions_only) {
  const cartesian_communicator grid(world, cartesian_topology{{1, false}, {world.size(), true}});
  const int size = world.size();
  EXPECT_EQ(grid.rank({0, -1}), size - 1);
  EXPECT_EQ(grid.rank({0, size}), 0);
  EXPECT_EQ(grid.rank({0, 5 * size + size / 2}), size / 2);
  EXPECT_THROW(grid.rank({1, 0}), argument_error);
  EXPECT_THROW(grid.rank({-1, 0}), argument_error);
  EXPECT_THROW(grid.rank({0}), argument_error);
  EXPECT_THROW(grid.rank({0, 0, 0}), argument_error);
  EXPECT_THROW(grid.coordinates(size), argument_error);
  EXPECT_THROW(grid.coordinates(-1), argument_error);
  EXPECT_THROW(grid.shifted_ranks(2, 1), argument_error);
  EXPECT_THROW(grid.shifted_ranks(-1, 1), argument_error);
  constexpr int far = std::numeric_limits<int>::max();
  EXPECT_EQ(grid.shifted_ranks(0, far), std::pair(null_rank, null_rank));
  EXPECT_EQ(grid.shifted_ranks(1, far).second, (grid.rank() + far % size) % size);
}

RANKED_TEST(cartesian, sizes_of_0_are_chosen) {
  const cartesian_communicator grid(world, cartesian_topology{{0, true}, {0, false}, {1, true}},
                                    true);
  std::vector<int> sizes{0, 0, 1};
  cartesian_dimensions(world, sizes);
  EXPECT_EQ(grid.topology(), cartesian_topology(sizes, std::vector{true, false, true}));
  EXPECT_EQ(grid.rank(), world.rank());
}

RANKED_TEST(cartesian, is_a_communicator) {
  const cartesian_communicator grid(world, 1);
  const cartesian_communicator same = grid;
  EXPECT_EQ(same, grid);
  EXPECT_EQ(grid.compare(world), comparison::congruent);
  EXPECT_EQ(shift(grid, grid.rank()), left_of(grid));
  same.barrier();
}

RANKED_TEST(cartesian, ranks_left_out_get_the_null_communicator) {
  const int places = (world.size() + 1) / 2;
  const cartesian_communicator grid(world, cartesian_topology{{places, true}});
  EXPECT_EQ(bool(grid), world.rank() < places);
  if (!grid) {
    EXPECT_THROW(grid.ndims(), usage_error);
    EXPECT_THROW(grid.sources(), usage_error);
    EXPECT_THROW(grid.coordinates(0), usage_error);
  }
}

RANKED_TEST(cartesian, sub_grids_for_every_choice_of_dimensions) {
  for (const auto& sizes : shapes(3, world.size())) {
    const std::vector periods{true, false, true};
    const cartesian_communicator grid(world, cartesian_topology(sizes, periods));
    if (!grid) continue;
    const auto here = grid.coordinates(grid.rank());
    for (const auto& kept : choices(3)) {
      std::vector<int> keep;
      std::vector<cartesian_dimension> remaining;
      std::vector<int> expected;
      for (std::size_t d = 0; d < 3; ++d) {
        if (!kept[d]) continue;
        keep.insert(keep.begin(), static_cast<int>(d));  // their order does not count
        remaining.emplace_back(sizes[d], periods[d]);
        expected.push_back(here[d]);
      }
      const cartesian_communicator part(grid, keep);
      EXPECT_EQ(part.topology(), cartesian_topology(remaining));
      EXPECT_EQ(part.coordinates(part.rank()), expected);
      // All that I meet there have my other coordinates.
      std::vector<int> fixed;
      for (std::size_t d = 0; d < 3; ++d) {
        if (!kept[d]) fixed.push_back(here[d]);
      }
      EXPECT_EQ(shift(part, fixed), fixed);
    }
  }
}

RANKED_TEST(cartesian, a_mistake_of_one_rank_is_an_error_on_all, .ranks = 2) {
  const int last = world.size() - 1;
  const bool wrong = world.rank() == last;
  const std::string differ = text_of_error([&] {
    cartesian_communicator(world, cartesian_topology{{wrong ? 1 : 2, true}});
  });
  EXPECT_NE(
      differ.find("rank 0 gave {(2,cyclic)} and rank " + std::to_string(last) + " {(1,cyclic)}"),
      std::string::npos)
      << differ;
  const cartesian_communicator grid(world, 2);
  const std::string keep =
      text_of_error([&] { cartesian_communicator(grid, std::vector{wrong ? 1 : 0}); });
  EXPECT_NE(keep.find("rank 0 gave (0)"), std::string::npos) << keep;
  world.barrier();
}

RANKED_TEST(cartesian, what_does_not_fit_is_an_error) {
  const int size = world.size();
  const auto make = [&](const cartesian_topology& topology) {
    return text_of_error([&] { cartesian_communicator(world, topology); });
  };
  EXPECT_NE(make(cartesian_topology{{size + 1, true}}).find("more places than"), std::string::npos);
  EXPECT_NE(make(cartesian_topology{{65536}, {65536}, {65536}, {65536}}).find("more places"),
            std::string::npos);
  EXPECT_NE(make(cartesian_topology{{-1}, {1}}).find("negative"), std::string::npos);
  EXPECT_NE(make(cartesian_topology{{size + 1}, {0}}).find("do not fill"), std::string::npos);
  const cartesian_communicator grid(world, 2);
  EXPECT_THROW(cartesian_communicator(grid, {2}), argument_error);
  EXPECT_THROW(cartesian_communicator(grid, std::vector{-1}), argument_error);
  EXPECT_THROW(cartesian_communicator(grid, {0, 0}), argument_error);
}

}  // namespace cohort::test
