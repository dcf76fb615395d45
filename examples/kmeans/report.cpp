// Sets the tables.
#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iomanip>
#include <ostream>

namespace {

constexpr std::size_t most_lines = 20;

void print_point(std::ostream& out, const point& where) {
  out << std::setw(10) << where[0] << std::setw(10) << where[1];
}

}  // namespace

std::vector<found_centre> compare(const std::vector<point>& generated, const clustering& result) {
  std::vector<found_centre> all;
  for (const point& centre : generated) {
    const auto nearest = std::min_element(
        result.centres.begin(), result.centres.end(), [&](const point& a, const point& b) {
          return squared_distance(a, centre) < squared_distance(b, centre);
        });
    const auto index = static_cast<std::size_t>(nearest - result.centres.begin());
    all.push_back({.generated = centre,
                   .found = *nearest,
                   .points = result.counts[index],
                   .distance = std::sqrt(squared_distance(*nearest, centre))});
  }
  return all;
}

void print_iterations(std::ostream& out, const clustering& result) {
  out << std::fixed << std::setprecision(3) << "iteration       inertia\n";
  for (std::size_t i = 0; i < result.inertia.size(); ++i) {
    out << std::setw(9) << i + 1 << std::setw(14) << result.inertia[i] << '\n';
  }
}

void print_centres(std::ostream& out, const std::vector<found_centre>& centres) {
  out << "  generated centre            found around   points  distance\n";
  const std::size_t lines = std::min(centres.size(), most_lines);
  for (std::size_t i = 0; i < lines; ++i) {
    print_point(out, centres[i].generated);
    print_point(out, centres[i].found);
    out << std::setw(9) << centres[i].points << std::setw(10) << centres[i].distance << '\n';
  }
  if (lines < centres.size()) out << "  and " << centres.size() - lines << " more\n";
}
