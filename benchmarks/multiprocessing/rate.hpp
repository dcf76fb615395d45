// How fast processes count: those that are measured run without end, and one that sleeps meanwhile
// looks at their counters twice. So nobody's start or end is part of the figure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "timing.hpp"

namespace bench {

struct window {
  std::chrono::milliseconds warm_up{100};
  std::chrono::milliseconds length{400};
};

struct sample {
  double took_us;
  std::vector<std::uint64_t> counted;  // by each counter, within that time

  double total() const {
    return static_cast<double>(std::accumulate(counted.begin(), counted.end(), std::uint64_t{0}));
  }
  double per_us() const { return total() / took_us; }
};

// What the first `size` of `counters` add meanwhile.
template <class Counters>
sample count(const Counters& counters, std::size_t size, const window& when = {}) {
  std::vector<std::uint64_t> before(size);
  std::vector<std::uint64_t> counted(size);
  std::this_thread::sleep_for(when.warm_up);
  const double start = now_us();
  for (std::size_t i = 0; i != size; ++i) before[i] = counters[i];
  std::this_thread::sleep_for(when.length);
  const double took = now_us() - start;
  for (std::size_t i = 0; i != size; ++i) counted[i] = counters[i] - before[i];
  const sample result{took, std::move(counted)};
  if (result.total() == 0) throw std::runtime_error("nothing was counted");
  return result;
}

}  // namespace bench
