// Time, medians and the lines that the benchmark programs print.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iostream>
#include <string_view>
#include <vector>

namespace bench {

// Microseconds on the steady clock, which all processes of one host share.
inline double now_us() {
  using namespace std::chrono;
  return duration<double, std::micro>(steady_clock::now().time_since_epoch()).count();
}

// The middle one; of an even number the upper of the two in the middle. Expects at least one
// sample.
inline double median(std::vector<double> samples) {
  const auto middle = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  return *middle;
}

// One result, as the harness reads it: the case that was asked for, its value, the unit.
inline void report(std::string_view which, double value, std::string_view unit) {
  std::cout << which << ' ' << value << ' ' << unit << std::endl;
}

}  // namespace bench
