// k-means: groups points around centres, each the mean of its group.
#pragma once

#include "points.hpp"

#include <cohort/communicator.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

// Points of all ranks that lie far apart, one in each cluster where these are clearly apart;
// collective. All ranks get the same.
std::vector<point> initial_centres(const cohort::communicator& world,
                                   const std::vector<point>& points, std::size_t clusters);

struct clustering {
  std::vector<point> centres;         // the same bits on all ranks
  std::vector<std::uint64_t> counts;  // the points of all ranks around each
  // The sum of all points' squared distances to their centres, at the start of each iteration.
  std::vector<double> inertia;
  bool converged = false;
};

// Moves the centres until they stay where they are, or have moved `most_iterations` times;
// collective. Repeats bit for bit for the same points on the same number of ranks. O(n k / p) an
// iteration, for n points on p ranks and k clusters.
clustering k_means(const cohort::communicator& world, const std::vector<point>& points,
                   std::vector<point> centres, int most_iterations);
