// The values at the points of one block, and around them the halo: one row or column on each side
// for the neighbours' values.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

class field {
 public:
  // All zero.
  field(int rows, int columns)
      : rows_(rows),
        columns_(columns),
        values_(static_cast<std::size_t>(rows + 2) * static_cast<std::size_t>(columns + 2)) {}

  int rows() const { return rows_; }
  int columns() const { return columns_; }

  // Rows and columns -1 and rows() or columns() are the halo.
  double& at(int row, int column) { return values_[index(row, column)]; }
  double at(int row, int column) const { return values_[index(row, column)]; }

  // A row without its halo; it lies in one piece.
  std::span<double> row(int row) { return {&at(row, 0), static_cast<std::size_t>(columns_)}; }
  std::span<const double> row(int row) const {
    return {&values_[index(row, 0)], static_cast<std::size_t>(columns_)};
  }

  // A column without its halo does not, so it is copied.
  std::vector<double> column(int column) const {
    std::vector<double> result;
    result.reserve(static_cast<std::size_t>(rows_));
    for (int row = 0; row < rows_; ++row) result.push_back(at(row, column));
    return result;
  }
  void set_column(int column, std::span<const double> values) {
    for (int row = 0; row < rows_; ++row) at(row, column) = values[static_cast<std::size_t>(row)];
  }

 private:
  std::size_t index(int row, int column) const {
    return static_cast<std::size_t>(row + 1) * static_cast<std::size_t>(columns_ + 2) +
           static_cast<std::size_t>(column + 1);
  }

  int rows_;
  int columns_;
  std::vector<double> values_;
};
