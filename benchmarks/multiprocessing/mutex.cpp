// A mutex that processes share. Usage: mutex uncontended|contended|share…
// uncontended: nanoseconds to lock and unlock it. contended: the same where 4 processes do so all
// the time, each for one addition. share: what the least lucky of these 4 gets, in percent.
#include LAYER_HEADER

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "batches.hpp"
#include "rate.hpp"
#include "timing.hpp"

namespace {

constexpr std::size_t processes = 4;

double uncontended_ns() {
  layer::mutex mutex;
  return 1e3 * bench::median_lap([&] { std::scoped_lock lock(mutex); });
}

void contend(layer::mutex mutex, layer::counters counters, std::size_t index) {
  for (;;) {
    std::scoped_lock lock(mutex);
    counters.add(index);
  }
}

bench::sample contended() {
  const layer::mutex mutex;
  const layer::counters counters;
  std::vector<layer::process> all;
  for (std::size_t index = 0; index != processes; ++index)
    all.emplace_back(contend, mutex, counters, index);
  // Where processes exceed processors they run by turns, so that shares need a longer look.
  return bench::count(counters, processes, {.length = std::chrono::milliseconds(800)});
}

void measure(std::string_view which) {
  if (which == "uncontended") {
    bench::report(which, uncontended_ns(), "ns");
  } else if (which == "contended") {
    bench::report(which, 1e3 / contended().per_us(), "ns");
  } else if (which == "share") {
    const bench::sample sample = contended();
    const auto least = std::min_element(sample.counted.begin(), sample.counted.end());
    bench::report(which, 100 * static_cast<double>(*least) / sample.total(), "%");
  } else {
    throw std::runtime_error("no such case");
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const layer::environment environment(argc, argv);
  for (int i = 1; i < argc; ++i) measure(argv[i]);
} catch (const std::exception& failure) {
  std::cerr << "mutex: " << failure.what() << '\n';
  return 1;
}
