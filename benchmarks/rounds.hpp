// Timed laps of all ranks together: rank 0 fixes how many laps a batch has and when to stop, so
// that programs take the same time with a fast library and with a slow one.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "batches.hpp"
#include "timing.hpp"

namespace bench {

namespace detail {

// Rank 0 tells everybody a number; returns it.
template <class Job>
std::int64_t tell(Job& job, std::int64_t number) {
  if (job.rank() != 0) {
    job.recv_crowded(0, bytes_of(number));
    return number;
  }
  for (int rank = 1; rank < job.size(); ++rank) job.send(rank, bytes_of(number));
  return number;
}

}  // namespace detail

// Calls batch(laps), which returns how long so many laps took in microseconds, until the budget is
// spent. Returns the median over the batches of the time of one lap; meaningful at rank 0.
template <class Job, class Batch>
double together(Job& job, Batch&& batch, const budget& limits = {}) {
  const double start = now_us();
  std::vector<double> samples;
  std::int64_t laps = detail::tell(job, 1);
  while (laps != 0) {
    const double took = batch(laps);
    const double elapsed = now_us() - start;
    std::int64_t next = laps;
    if (samples.empty() && took < limits.batch_us) {
      next *= 2;
    } else if (elapsed > limits.warm_up_us) {
      samples.push_back(took / static_cast<double>(laps));
      if (elapsed > limits.total_us) next = 0;
    }
    laps = detail::tell(job, next);
  }
  return samples.empty() ? 0 : median(std::move(samples));
}

// The moments at which one rank has entered and left the timed part of each lap.
struct interval {
  double entered;
  double left;
};

// Sum over the laps of the time from the last rank's entry to the last rank's leaving; rank 0 hears
// the others' intervals. The steady clock is one for all processes of a host.
template <class Job>
double duration_of(Job& job, std::vector<interval>& laps) {
  const auto bytes = [](std::vector<interval>& of) {
    return std::span(reinterpret_cast<char*>(of.data()), of.size() * sizeof(interval));
  };
  if (job.rank() != 0) {
    job.send(0, bytes(laps));
    return 0;
  }
  std::vector<interval> theirs(laps.size());
  for (int rank = 1; rank < job.size(); ++rank) {
    job.recv_crowded(rank, bytes(theirs));
    for (std::size_t i = 0; i != laps.size(); ++i) {
      laps[i].entered = std::max(laps[i].entered, theirs[i].entered);
      laps[i].left = std::max(laps[i].left, theirs[i].left);
    }
  }
  double sum = 0;
  for (const auto& [entered, left] : laps) sum += left - entered;
  return sum;
}

}  // namespace bench
