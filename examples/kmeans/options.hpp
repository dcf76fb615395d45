// The command line of kmeans.
#pragma once

#include <cstdint>

inline constexpr const char* usage =
    "Finds clusters among random points in the plane on all ranks, and checks that they are those\n"
    "which the points were scattered around.\n"
    "usage: kmeans [--points N] [--clusters N] [--seed N]\n"
    "  --points N    points on all ranks together, 100 a cluster to 1000000000 (default: 1000000)\n"
    "  --clusters N  clusters, 1 to 1000 (default: 16)\n"
    "  --seed N      start of the random numbers (default: 1)\n"
    "  --help        print this\n"
    "The exit code is 1 if the clusters are not found.\n"
    "example: cohortrun -n 4 kmeans --points 5000000 --clusters 50\n";

struct options {
  std::uint64_t points = 1'000'000;
  std::uint64_t clusters = 16;
  std::uint64_t seed = 1;
  bool help = false;
};

// Throws std::invalid_argument with a message for the user.
options parse_options(int argc, char** argv);
