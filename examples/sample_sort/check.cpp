// Checks by two reductions and a scan: the keys stay where they are.
#include "check.hpp"

#include <cohort/collectives.hpp>

#include <algorithm>
#include <functional>
#include <optional>
#include <span>

fingerprint fingerprint_of_all(const cohort::communicator& world, const std::vector<key>& keys) {
  fingerprint sums{keys.size(), 0, 0};
  for (const key k : keys) {
    sums[1] += k;
    sums[2] += k * k;
  }
  cohort::all_reduce(world, cohort::inplace(std::span(sums)), std::plus<>());
  return sums;
}

bool sorted_on_all(const cohort::communicator& world, const std::vector<key>& keys) {
  // The greatest key of all lower ranks, some of which may have none; nothing on rank 0.
  const std::optional<key> before =
      cohort::exscan(world, keys.empty() ? key{0} : keys.back(), cohort::maximum<>());
  const bool mine = std::is_sorted(keys.begin(), keys.end()) &&
                    (keys.empty() || !before || *before <= keys.front());
  return cohort::all_reduce(world, mine, std::logical_and<>());
}
