// Sorting by regular sampling, after Shi and Schaeffer, "Parallel sorting by regular sampling",
// Journal of Parallel and Distributed Computing 14 (1992): the samples are taken from sorted keys,
// which bounds how uneven the parts can become.
#include "sample_sort.hpp"

#include <cohort/collectives.hpp>
#include <cohort/timer.hpp>

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace {

// The more, the evener are the parts, and the more work has the root alone.
constexpr std::size_t samples_per_part = 32;

// `wanted` of the sorted keys, at equal distances; all of them where there are fewer.
std::vector<key> regular_samples(const std::vector<key>& sorted, std::size_t wanted) {
  const std::size_t count = std::min(wanted, sorted.size());
  std::vector<key> samples;
  samples.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    samples.push_back(sorted[(2 * i + 1) * sorted.size() / (2 * count)]);
  }
  return samples;
}

// The keys that part the samples, and so about all keys, into equal parts: one fewer than parts.
std::vector<key> splitters_among(std::vector<key> samples, std::size_t parts) {
  std::sort(samples.begin(), samples.end());
  std::vector<key> splitters;
  for (std::size_t part = 1; part < parts; ++part) {
    splitters.push_back(samples.empty() ? 0 : samples[part * samples.size() / parts]);
  }
  return splitters;
}

// The root sees samples of all ranks, and tells all what it makes of them.
std::vector<key> agree_on_splitters(const cohort::communicator& world,
                                    const std::vector<key>& sorted) {
  const int root = 0;
  const auto parts = static_cast<std::size_t>(world.size());
  const cohort::flat<key> samples =
      cohort::gatherv(world, regular_samples(sorted, samples_per_part * parts), root);
  std::vector<key> splitters;
  if (world.rank() == root) splitters = splitters_among(samples.values(), parts);
  cohort::broadcast(world, splitters, root);
  return splitters;
}

// How many of the sorted keys go to each rank: those up to the first splitter, and so on.
std::vector<std::size_t> count_parts(const std::vector<key>& sorted,
                                     const std::vector<key>& splitters) {
  std::vector<std::size_t> counts;
  auto begin = sorted.begin();
  for (const key splitter : splitters) {
    const auto end = std::upper_bound(begin, sorted.end(), splitter);
    counts.push_back(static_cast<std::size_t>(end - begin));
    begin = end;
  }
  counts.push_back(static_cast<std::size_t>(sorted.end() - begin));
  return counts;
}

// Merges sorted pieces, of which one begins at each border but the last, two by two.
void merge_pieces(std::vector<key>& keys, std::span<const std::size_t> borders) {
  if (borders.size() <= 2) return;
  const std::size_t middle = borders.size() / 2;
  merge_pieces(keys, borders.first(middle + 1));
  merge_pieces(keys, borders.subspan(middle));
  const auto at = [&](std::size_t border) {
    return keys.begin() + static_cast<std::ptrdiff_t>(border);
  };
  std::inplace_merge(at(borders.front()), at(borders[middle]), at(borders.back()));
}

}  // namespace

std::vector<key> sample_sort(const cohort::communicator& world, std::vector<key> keys,
                             phase_seconds& seconds) {
  auto phase = seconds.begin();
  cohort::timer clock;
  const auto phase_ended = [&] {
    *phase++ = clock.elapsed();
    clock.restart();
  };

  std::sort(keys.begin(), keys.end());
  phase_ended();

  const std::vector<key> splitters = agree_on_splitters(world, keys);
  phase_ended();

  // How much it will get from whom, no rank knows before; it comes with the keys.
  const std::vector<std::size_t> counts = count_parts(keys, splitters);
  cohort::flat<key> pieces = cohort::all_to_allv(world, cohort::flat<key>(std::move(keys), counts));
  phase_ended();

  const std::vector<std::size_t> borders = pieces.offsets();
  std::vector<key> merged = std::move(pieces).values();
  merge_pieces(merged, borders);
  phase_ended();
  return merged;
}
