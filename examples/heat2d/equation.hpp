// The heat equation du/dt = d2u/dx2 + d2u/dy2 on the unit square, 0 at the edges, and its solution.
#pragma once

#include "decomposition.hpp"
#include "field.hpp"

// `points` by `points` points, all inside the square: the edges are not among them.
class equation {
 public:
  explicit equation(int points) : spacing_(1.0 / (points + 1)) {}

  // The time of one step, the longest for which the scheme is stable.
  double time_step() const { return diffusion_number * spacing_ * spacing_; }

  // The exact solution at the points of a block.
  field exact(const block& where, double time) const;

  // One step of the explicit scheme (forward in time, central in space). The halo of `now` must
  // hold the neighbours' values.
  static void step(const field& now, field& next);

  // The greatest difference from the exact solution that a right result may have. The scheme is of
  // second order; evaluated for this solution, its error stays below 10 spacing^2 at any time and
  // number of points. A wrong halo is off by far more after a single step.
  double tolerance() const { return 10 * spacing_ * spacing_; }

 private:
  static constexpr double diffusion_number = 0.25;  // time step / spacing^2
  double spacing_;
};

// The greatest difference between the two, or NaN if there is one in them.
double max_difference(const field& a, const field& b);

// The greater one; NaN is greater than all, lest an error that is no number pass for none.
double greater_error(double a, double b);
