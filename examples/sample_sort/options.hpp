// The command line of sample_sort.
#pragma once

#include <cstdint>

inline constexpr const char* usage =
    "Sorts random keys of 64 bits on all ranks, checks the result, and compares the time with "
    "that\n"
    "of std::sort on one rank.\n"
    "usage: sample_sort [--keys N] [--seed N]\n"
    "  --keys N  keys on all ranks together, 0 to 4000000000 (default: 10000000)\n"
    "  --seed N  start of the random numbers (default: 1)\n"
    "  --help    print this\n"
    "The exit code is 1 if the result is wrong.\n"
    "example: cohortrun -n 4 sample_sort --keys 50000000\n";

struct options {
  std::uint64_t keys = 10'000'000;
  std::uint64_t seed = 1;
  bool help = false;
};

// Throws std::invalid_argument with a message for the user.
options parse_options(int argc, char** argv);
