// From the start of a command to its end. Usage: run COMMAND…
#include LAYER_HEADER

#include <exception>
#include <iostream>

#include "batches.hpp"
#include "timing.hpp"

int main(int argc, char** argv) try {
  const layer::environment environment(argc, argv);
  for (int i = 1; i < argc; ++i)
    bench::report(argv[i], bench::median_lap([&] { layer::run(argv[i]); }), "us");
} catch (const std::exception& failure) {
  std::cerr << "run: " << failure.what() << '\n';
  return 1;
}
