// Timed laps between a pair of ranks: the leader fixes how many laps a batch has and when to stop,
// so that programs take the same time with a fast library and with a slow one.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "timing.hpp"

namespace bench {

struct budget {
  double batch_us = 1'000;     // a batch is long against the clock and short against disturbances
  double warm_up_us = 30'000;  // batches that are run and not counted
  double total_us = 250'000;
};

namespace detail {
inline std::span<char> bytes_of(std::int64_t& number) {
  return {reinterpret_cast<char*>(&number), sizeof number};
}
}  // namespace detail

// The leader's side; `lap` is one round trip as seen by the leader. Returns the median over the
// batches of the time of one lap, in microseconds.
template <class Job, class Lap>
double lead(Job& job, int follower, Lap&& lap, const budget& limits = {}) {
  const auto batch = [&](std::int64_t laps) {
    job.send(follower, detail::bytes_of(laps));
    lap();  // not timed: the follower has left its receive of the order after it
    const double start = now_us();
    for (std::int64_t i = 0; i != laps; ++i) lap();
    return now_us() - start;
  };

  std::int64_t laps = 1;
  const double start = now_us();
  while (batch(laps) < limits.batch_us) laps *= 2;
  while (now_us() - start < limits.warm_up_us) batch(laps);

  std::vector<double> samples;
  do {
    samples.push_back(batch(laps) / static_cast<double>(laps));
  } while (now_us() - start < limits.total_us);

  std::int64_t stop = 0;
  job.send(follower, detail::bytes_of(stop));
  return median(std::move(samples));
}

// The follower's side; `lap` is the same round trip as seen by the follower.
template <class Job, class Lap>
void follow(Job& job, int leader, Lap&& lap) {
  for (;;) {
    std::int64_t laps = 0;
    job.recv(leader, detail::bytes_of(laps));
    if (laps == 0) return;
    for (std::int64_t i = 0; i <= laps; ++i) lap();
  }
}

}  // namespace bench
