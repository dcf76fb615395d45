// Parallel sample sort: no rank ever has all keys.
#pragma once

#include <cohort/communicator.hpp>

#include <array>
#include <cstdint>
#include <vector>

using key = std::uint64_t;

// What a sort consists of, and the seconds that a rank spent in each, waiting for others included.
inline constexpr std::array phases{"sort own keys", "choose splitters", "exchange keys",
                                   "merge pieces"};
using phase_seconds = std::array<double, phases.size()>;

// Sorts the keys of all ranks, of which each gives any number; collective. Afterwards each rank has
// a sorted part of them, about as many as the others, and no key of a rank is greater than one of a
// higher rank. (But equal keys are on one rank: where few different ones make up most, so do the
// ranks that have these.) O(n/p log n) for n keys on p ranks, p^2 log p for the samples.
std::vector<key> sample_sort(const cohort::communicator& world, std::vector<key> keys,
                             phase_seconds& seconds);
