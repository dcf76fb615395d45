// What the reader gets to see.
#pragma once

#include "clustering.hpp"
#include "points.hpp"

#include <iosfwd>
#include <vector>

// Where the points were scattered around, the centre found nearest to it, and how many points it
// has.
struct found_centre {
  point generated;
  point found;
  std::uint64_t points;
  double distance;
};
std::vector<found_centre> compare(const std::vector<point>& generated, const clustering& result);

void print_iterations(std::ostream& out, const clustering& result);
// Prints the first few.
void print_centres(std::ostream& out, const std::vector<found_centre>& centres);
