// Finds clusters among many random points by k-means: each rank has a share of the points, all have
// the centres. Checks that the centres found are those which the points were scattered around.
#include "clustering.hpp"
#include "common/run_on_ranks.hpp"
#include "options.hpp"
#include "points.hpp"
#include "report.hpp"

#include <cohort/cohort.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr int most_iterations = 1000;

// The caller's share of the points.
std::vector<point> own_points(const cohort::communicator& world, const options& chosen,
                              const std::vector<point>& centres) {
  const auto border = [&](int rank) {
    return chosen.points * static_cast<std::uint64_t>(rank) /
           static_cast<std::uint64_t>(world.size());
  };
  return random_points(centres, border(world.rank()), border(world.rank() + 1), chosen.seed);
}

// How far a mean may be from the centre: each of its coordinates is off by 1 / sqrt(n) times a
// normal deviate, for n points in the cluster. Twice in 100 million clusters it is more than this.
double tolerance(const options& chosen) {
  return 6 / std::sqrt(static_cast<double>(chosen.points) / static_cast<double>(chosen.clusters));
}

// Returns the exit code.
int run(const cohort::communicator& world, const options& chosen) {
  const std::vector<point> generated = random_centres(chosen.clusters, chosen.seed);
  const std::vector<point> points = own_points(world, chosen, generated);

  world.barrier();  // all begin together
  const cohort::timer clock;
  const clustering result =
      k_means(world, points, initial_centres(world, points, chosen.clusters), most_iterations);
  const double seconds = clock.elapsed();
  if (world.rank() != 0) return 0;

  std::cout << chosen.points << " points in " << chosen.clusters << " clusters on " << world.size()
            << (world.size() == 1 ? " rank\n" : " ranks\n");
  print_iterations(std::cout, result);
  const std::vector<found_centre> centres = compare(generated, result);
  print_centres(std::cout, centres);

  const auto worst = std::max_element(
      centres.begin(), centres.end(),
      [](const found_centre& a, const found_centre& b) { return a.distance < b.distance; });
  const bool good = result.converged && worst->distance <= tolerance(chosen);
  std::cout << (result.converged ? "converged after " : "not converged after ")
            << result.inertia.size() << " iterations, inertia " << result.inertia.back() << ", "
            << seconds << " s\n"
            << "greatest distance " << worst->distance << ", allowed " << tolerance(chosen)
            << (good ? ": passed\n" : ": FAILED\n");
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return run_on_ranks("kmeans", usage, argc, argv, parse_options, run);
}
