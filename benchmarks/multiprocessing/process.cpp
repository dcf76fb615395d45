// Starts and ends of processes. Usage: process one|pool…
// Microseconds to start and join a process, and to start a pool of 8, use it once and end it.
#include <cohort/cohort.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string_view>

#include "batches.hpp"
#include "timing.hpp"

namespace {

void nothing() {}

void one() {
  cohort::process child(nothing);
  child.start();
  child.join();
}

void pool_of_8() {
  cohort::pool pool(8);
  pool.apply(nothing);
  pool.close();
  pool.join();
}

void measure(std::string_view which) {
  if (which == "one") {
    bench::report(which, bench::median_lap(one), "us");
  } else if (which == "pool") {
    bench::report(which, bench::median_lap(pool_of_8), "us");
  } else {
    throw std::runtime_error("no such case");
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const cohort::environment environment(argc, argv);
  for (int i = 1; i < argc; ++i) measure(argv[i]);
} catch (const std::exception& failure) {
  std::cerr << "process: " << failure.what() << '\n';
  return 1;
}
