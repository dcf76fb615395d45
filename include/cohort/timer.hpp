// Wall-clock time since a point in the program, as Boost.MPI's timer.
#pragma once

#include <chrono>

namespace cohort {

// Measured on the steady clock; starts when it is made.
//   cohort::timer t; compute();
//   std::cout << t.elapsed() << " s\n";
class timer {
 public:
  // Seconds since construction or the last restart().
  double elapsed() const { return std::chrono::duration<double>(clock::now() - start_).count(); }
  void restart() { start_ = clock::now(); }

 private:
  using clock = std::chrono::steady_clock;
  clock::time_point start_ = clock::now();
};

}  // namespace cohort
