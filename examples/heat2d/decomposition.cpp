// Cuts the square.
#include "decomposition.hpp"

#include <stdexcept>
#include <string>

namespace {

// Part `index` of `parts` parts of 0 to `points`, whose sizes differ by one at most.
range part(int points, int parts, int index) {
  const auto border = [&](int i) {
    return static_cast<int>(static_cast<long long>(points) * i / parts);
  };
  return {border(index), border(index + 1)};
}

}  // namespace

// The nearer the grid to a square, the shorter the borders, and the less travels.
decomposition::decomposition(int ranks, int points) : points_(points) {
  for (int rows = 1; rows * rows <= ranks; ++rows) {
    if (ranks % rows == 0) grid_rows_ = rows;
  }
  grid_columns_ = ranks / grid_rows_;
  if (points < grid_columns_) {
    throw std::invalid_argument("a grid of " + std::to_string(grid_rows_) + " x " +
                                std::to_string(grid_columns_) +
                                " ranks needs a --size of at least " +
                                std::to_string(grid_columns_) + ", not " + std::to_string(points));
  }
}

block decomposition::block_of(int rank) const {
  const int row = rank / grid_columns_;
  const int column = rank % grid_columns_;
  return {.rows = part(points_, grid_rows_, row), .columns = part(points_, grid_columns_, column)};
}
