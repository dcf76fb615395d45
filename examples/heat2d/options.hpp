// The command line of heat2d.
#pragma once

#include <string>

inline constexpr const char* usage =
    "Solves the heat equation on a square, cut into one block a rank, and checks the result.\n"
    "usage: heat2d [--size N] [--steps N] [--output FILE] [--progress]\n"
    "  --size N       points on a side, 1 to 16384 (default: 256)\n"
    "  --steps N      steps in time (default: 2000)\n"
    "  --output FILE  write a picture of the final field, a PNG image\n"
    "  --progress     show the progress even where standard error is no terminal\n"
    "  --help         print this\n"
    "The exit code is 1 if the result differs too much from the exact solution.\n"
    "example: cohortrun -n 4 heat2d --size 512 --steps 20000 --output heat.png\n";

struct options {
  int size = 256;
  int steps = 2000;
  std::string output;  // empty: no picture
  bool progress = false;
  bool help = false;
};

// Throws std::invalid_argument with a message for the user.
options parse_options(int argc, char** argv);
