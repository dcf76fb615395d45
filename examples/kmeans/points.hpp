// Points in the plane, scattered around known centres.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

using point = std::array<double, 2>;

double squared_distance(const point& a, const point& b);

// Random centres, at least ten units apart; the same on all ranks.
std::vector<point> random_centres(std::uint64_t number, std::uint64_t seed);

// The points from number `begin` to before number `end`: each is scattered around one of the
// centres, by a normal distribution whose standard deviation is one unit. Point i depends on the
// seed and i only, and so not on how the points are shared out.
std::vector<point> random_points(const std::vector<point>& centres, std::uint64_t begin,
                                 std::uint64_t end, std::uint64_t seed);
