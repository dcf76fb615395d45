// Timed laps, of one process or between a pair of ranks: the one that times them fixes how many
// laps a batch has and when to stop, so that programs take the same time with a fast library and
// with a slow one.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
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

// Calls batch(laps), which returns how long so many laps took in microseconds, until the budget is
// spent. Returns the median over the batches of the time of one lap.
template <class Batch>
double median_of(Batch&& batch, const budget& limits) {
  std::int64_t laps = 1;
  const double start = now_us();
  while (batch(laps) < limits.batch_us) laps *= 2;
  while (now_us() - start < limits.warm_up_us) batch(laps);

  std::vector<double> samples;
  do {
    samples.push_back(batch(laps) / static_cast<double>(laps));
  } while (now_us() - start < limits.total_us);
  return median(std::move(samples));
}

}  // namespace detail

// The time of one lap that needs no partner, or one that follows of itself, in microseconds: the
// median over the batches.
template <class Lap>
double median_lap(Lap&& lap, const budget& limits = {}) {
  const auto batch = [&](std::int64_t laps) {
    const double start = now_us();
    for (std::int64_t i = 0; i != laps; ++i) lap();
    return now_us() - start;
  };
  return detail::median_of(batch, limits);
}

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
  const double lap_us = detail::median_of(batch, limits);
  std::int64_t stop = 0;
  job.send(follower, detail::bytes_of(stop));
  return lap_us;
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
