// A pool of processes. Usage: pool each|chunks|apply|large…
// each: empty tasks through a pool of 2, each in a message of its own. chunks: the same in chunks
// of the pool's choice. apply: the round trip of one empty task through a pool of 1. large: tasks
// of a pool of 2 that send back the MiB that they are given.
#include <cohort/environment.hpp>
#include <cohort/multiprocessing/pool.hpp>

#include <cstddef>
#include <exception>
#include <iostream>
#include <ranges>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "batches.hpp"
#include "timing.hpp"

namespace {

constexpr int messages = 1'000;
constexpr int chunked = 100'000;
constexpr std::size_t large = 16;
constexpr std::size_t mib = 1024 * 1024;
constexpr bench::budget long_budget{.total_us = 500'000};

int identity(int value) {
  return value;
}

std::vector<char> send_back(std::vector<char> bytes) {
  return bytes;
}

void require(bool right) {
  if (!right) throw std::runtime_error("wrong results");
}

double each_per_us() {
  cohort::pool pool(2);
  const double lap = bench::median_lap(
      [&] {
        const auto results = pool.map(identity, std::views::iota(0, messages), {.chunk_size = 1});
        require(results.back() == messages - 1);
      },
      long_budget);
  return messages / lap;
}

double chunks_per_us() {
  cohort::pool pool(2);
  const double lap = bench::median_lap(
      [&] {
        const auto results = pool.map(identity, std::views::iota(0, chunked));
        require(results.back() == chunked - 1);
      },
      long_budget);
  return chunked / lap;
}

double apply_us() {
  cohort::pool pool(1);
  return bench::median_lap([&] { require(pool.apply(identity, 1) == 1); });
}

double large_per_s() {
  cohort::pool pool(2);
  const std::vector<std::vector<char>> arguments(large, std::vector<char>(mib));
  const double lap = bench::median_lap(
      [&] {
        const auto results = pool.map(send_back, arguments, {.chunk_size = 1});
        require(results.back().size() == mib);
      },
      long_budget);
  return static_cast<double>(large) / lap * 1e6;
}

void measure(std::string_view which) {
  if (which == "each") {
    bench::report(which, each_per_us(), "M/s");
  } else if (which == "chunks") {
    bench::report(which, chunks_per_us(), "M/s");
  } else if (which == "apply") {
    bench::report(which, apply_us(), "us");
  } else if (which == "large") {
    bench::report(which, large_per_s(), "tasks/s");
  } else {
    throw std::runtime_error("no such case");
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const cohort::environment environment(argc, argv);
  for (int i = 1; i < argc; ++i) measure(argv[i]);
} catch (const std::exception& failure) {
  std::cerr << "pool: " << failure.what() << '\n';
  return 1;
}
