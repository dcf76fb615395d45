// The values at the points of one block, and around them the halo: one row or column on each side
// for the neighbours' values.
#pragma once

#include <cohort/topology.hpp>

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

  // A row without its halo.
  std::span<const double> row(int row) const {
    return {&values_[index(row, 0)], static_cast<std::size_t>(columns_)};
  }

  // For the halo exchange: everything, and how it lies. Only points straight ahead are looked at.
  std::span<double> all() { return values_; }
  cohort::halo_layout layout() const {
    return {.extents = {rows_ + 2, columns_ + 2}, .widths = {1, 1}, .corners = false};
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
