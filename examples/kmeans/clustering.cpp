// Lloyd's algorithm ("Least squares quantization in PCM", IEEE Transactions on Information Theory
// 28, 1982), from centres chosen by farthest-first traversal (Gonzalez, "Clustering to minimize the
// maximum intercluster distance", Theoretical Computer Science 38, 1985).
#include "clustering.hpp"

#include <cohort/collectives.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <span>
#include <utility>

namespace {

// In each cluster some points of the sample must lie; with many, there are outliers among them.
constexpr std::size_t sample_per_cluster = 20;

// Every n-th point, so that there are `wanted` on all ranks, about.
std::vector<point> sample(const cohort::communicator& world, const std::vector<point>& points,
                          std::size_t wanted) {
  const std::size_t all = cohort::all_reduce(world, points.size(), std::plus<>());
  const std::size_t step = std::max<std::size_t>(all / wanted, 1);
  std::vector<point> result;
  for (std::size_t i = 0; i < points.size(); i += step) result.push_back(points[i]);
  return result;
}

// Of the points one after another, each as far as possible from those before.
std::vector<point> far_apart(const std::vector<point>& points, std::size_t wanted) {
  std::vector<point> chosen;
  std::vector<double> distances(points.size(), std::numeric_limits<double>::infinity());
  while (chosen.size() < wanted) {
    const auto farthest = std::max_element(distances.begin(), distances.end());
    chosen.push_back(points[static_cast<std::size_t>(farthest - distances.begin())]);
    for (std::size_t i = 0; i < points.size(); ++i) {
      distances[i] = std::min(distances[i], squared_distance(points[i], chosen.back()));
    }
  }
  return chosen;
}

// What all points contribute to the next centres.
struct tally {
  explicit tally(std::size_t clusters) : sums(clusters * 2), counts(clusters) {}

  std::vector<double> sums;  // of the coordinates: x and y of each cluster
  std::vector<std::uint64_t> counts;
  double inertia = 0;
};

tally assign(const std::vector<point>& points, const std::vector<point>& centres) {
  tally result(centres.size());
  for (const point& each : points) {
    double least = std::numeric_limits<double>::infinity();
    std::size_t nearest = 0;
    for (std::size_t c = 0; c < centres.size(); ++c) {
      const double distance = squared_distance(each, centres[c]);
      if (distance < least) {
        least = distance;
        nearest = c;
      }
    }
    result.sums[2 * nearest] += each[0];
    result.sums[2 * nearest + 1] += each[1];
    ++result.counts[nearest];
    result.inertia += least;
  }
  return result;
}

void add_up(const cohort::communicator& world, tally& mine) {
  cohort::all_reduce(world, cohort::inplace(std::span(mine.sums)), std::plus<>());
  cohort::all_reduce(world, cohort::inplace(std::span(mine.counts)), std::plus<>());
  cohort::all_reduce(world, cohort::inplace(mine.inertia), std::plus<>());
}

// A centre to which nobody comes stays where it is.
std::vector<point> means(const tally& all, std::vector<point> centres) {
  for (std::size_t c = 0; c < centres.size(); ++c) {
    if (all.counts[c] == 0) continue;
    const auto count = static_cast<double>(all.counts[c]);
    centres[c] = {all.sums[2 * c] / count, all.sums[2 * c + 1] / count};
  }
  return centres;
}

}  // namespace

std::vector<point> initial_centres(const cohort::communicator& world,
                                   const std::vector<point>& points, std::size_t clusters) {
  const int root = 0;
  const cohort::flat<point> gathered =
      cohort::gatherv(world, sample(world, points, sample_per_cluster * clusters), root);
  std::vector<point> centres;
  if (world.rank() == root) centres = far_apart(gathered.values(), clusters);
  cohort::broadcast(world, centres, root);
  return centres;
}

clustering k_means(const cohort::communicator& world, const std::vector<point>& points,
                   std::vector<point> centres, int most_iterations) {
  clustering result;
  for (int iteration = 0; iteration < most_iterations && !result.converged; ++iteration) {
    tally all = assign(points, centres);
    add_up(world, all);
    result.inertia.push_back(all.inertia);
    std::vector<point> moved = means(all, centres);
    result.counts = std::move(all.counts);
    // Once no point changes to another cluster the sums repeat bit for bit, and so do the means.
    // All ranks have the same bits, so all stop here together.
    result.converged = moved == centres;
    centres = std::move(moved);
  }
  result.centres = std::move(centres);
  return result;
}
