// Whether sorted keys are sorted, and still the same keys.
#pragma once

#include "sample_sort.hpp"

#include <cohort/communicator.hpp>

#include <array>
#include <cstdint>
#include <vector>

// The number of keys of all ranks, their sum and the sum of their squares, both modulo 2^64: the
// same for the same keys in any order, and different if a key was lost, doubled or damaged, or if
// what two have lost and won cancels out in the sum.
using fingerprint = std::array<std::uint64_t, 3>;
fingerprint fingerprint_of_all(const cohort::communicator& world, const std::vector<key>& keys);

// Whether the keys of all ranks, one rank's after another's, are sorted; known to all ranks.
bool sorted_on_all(const cohort::communicator& world, const std::vector<key>& keys);
