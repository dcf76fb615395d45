// Generates points.
#include "points.hpp"

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>

namespace {

// SplitMix64 of Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (OOPSLA
// 2014): quickly seeded, so that each point can have a generator of its own.
class splitmix64 {
 public:
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

  explicit splitmix64(std::uint64_t seed) : state_(seed) {}

  result_type operator()() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace

double squared_distance(const point& a, const point& b) {
  const double x = a[0] - b[0];
  const double y = a[1] - b[1];
  return x * x + y * y;
}

// Each in a cell of a square lattice of its own, and off its middle by so little that ten units
// are left between them.
std::vector<point> random_centres(std::uint64_t number, std::uint64_t seed) {
  constexpr double cell = 12;
  std::uniform_real_distribution<double> off(-1, 1);
  const auto columns =
      static_cast<std::uint64_t>(std::ceil(std::sqrt(static_cast<double>(number))));
  splitmix64 generator(seed);
  std::vector<point> centres;
  for (std::uint64_t i = 0; i < number; ++i) {
    const std::uint64_t row = i / columns;
    const std::uint64_t column = i % columns;
    const double x = cell * static_cast<double>(column) + off(generator);
    const double y = cell * static_cast<double>(row) + off(generator);
    centres.push_back({x, y});
  }
  return centres;
}

std::vector<point> random_points(const std::vector<point>& centres, std::uint64_t begin,
                                 std::uint64_t end, std::uint64_t seed) {
  // From another seed than the centres: the points' generators must have nothing to do with theirs.
  splitmix64 seeds(~seed);
  const std::uint64_t start = seeds();
  std::uniform_int_distribution<std::size_t> any(0, centres.size() - 1);
  std::vector<point> points;
  points.reserve(end - begin);
  for (std::uint64_t i = begin; i < end; ++i) {
    splitmix64 generator(splitmix64(start ^ i)());
    std::normal_distribution<double> scatter;
    const point& centre = centres[any(generator)];
    const double x = centre[0] + scatter(generator);
    const double y = centre[1] + scatter(generator);
    points.push_back({x, y});
  }
  return points;
}
