// Evaluates and advances.
#include "equation.hpp"

#include <array>
#include <cmath>
#include <numbers>

namespace {

using std::numbers::pi;

// The solution is a sum of parts sin(k pi x) sin(l pi y), each of which decays at its own rate.
// These together have no symmetry, which could hide that sides were taken for each other.
struct mode {
  int k;
  int l;
};
constexpr std::array<mode, 3> modes = {{{1, 1}, {1, 2}, {2, 3}}};

}  // namespace

field equation::exact(const block& where, double time) const {
  field result(where.rows.size(), where.columns.size());
  for (const auto [k, l] : modes) {
    const double amplitude = std::exp(-(k * k + l * l) * pi * pi * time);
    for (int row = 0; row < result.rows(); ++row) {
      const double y = spacing_ * (where.rows.begin + row + 1);
      for (int column = 0; column < result.columns(); ++column) {
        const double x = spacing_ * (where.columns.begin + column + 1);
        result.at(row, column) += amplitude * std::sin(k * pi * x) * std::sin(l * pi * y);
      }
    }
  }
  return result;
}

void equation::step(const field& now, field& next) {
  for (int row = 0; row < now.rows(); ++row) {
    for (int column = 0; column < now.columns(); ++column) {
      const double here = now.at(row, column);
      const double around = now.at(row - 1, column) + now.at(row + 1, column) +
                            now.at(row, column - 1) + now.at(row, column + 1);
      next.at(row, column) = here + diffusion_number * (around - 4 * here);
    }
  }
}

double max_difference(const field& a, const field& b) {
  double result = 0;
  for (int row = 0; row < a.rows(); ++row) {
    for (int column = 0; column < a.columns(); ++column) {
      result = greater_error(result, std::abs(a.at(row, column) - b.at(row, column)));
    }
  }
  return result;
}

double greater_error(double a, double b) {
  return std::isnan(a) || a >= b ? a : b;
}
