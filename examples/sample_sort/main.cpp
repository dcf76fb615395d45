// Sorts many random keys on many ranks by a parallel sample sort, checks the result, and shows how
// long the phases took, how even the shares are, and how long std::sort takes alone.
#include "check.hpp"
#include "common/run_on_ranks.hpp"
#include "options.hpp"
#include "report.hpp"
#include "sample_sort.hpp"

#include <cohort/cohort.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iostream>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

// The caller's part of the keys: other ranks, other numbers.
std::vector<key> random_keys(const cohort::communicator& world, const options& chosen) {
  const auto rank = static_cast<std::uint64_t>(world.rank());
  const auto ranks = static_cast<std::uint64_t>(world.size());
  std::seed_seq seeds{chosen.seed & 0xffffffff, chosen.seed >> 32, rank};
  std::mt19937_64 generator(seeds);
  std::vector<key> keys(chosen.keys * (rank + 1) / ranks - chosen.keys * rank / ranks);
  std::generate(keys.begin(), keys.end(), std::ref(generator));
  return keys;
}

// Seconds that one rank needs for all keys.
double sort_alone(std::vector<key> keys) {
  const cohort::timer clock;
  std::sort(keys.begin(), keys.end());
  return clock.elapsed();
}

// Returns the exit code.
int run(const cohort::communicator& world, const options& chosen) {
  const int root = 0;
  std::vector<key> keys = random_keys(world, chosen);
  const fingerprint given = fingerprint_of_all(world, keys);
  cohort::flat<key> all_keys = cohort::gatherv(world, keys, root);

  // All begin together, and the last one's end is the end.
  world.barrier();
  const cohort::timer clock;
  phase_seconds seconds;
  const std::vector<key> sorted = sample_sort(world, std::move(keys), seconds);
  world.barrier();
  const double together = clock.elapsed();

  const bool good = sorted_on_all(world, sorted) && fingerprint_of_all(world, sorted) == given;
  if (world.rank() == root) {
    std::cout << chosen.keys << " keys on " << world.size()
              << (world.size() == 1 ? " rank\n" : " ranks\n");
  }
  print_report(world, std::cout, seconds, sorted.size());
  if (world.rank() != root) return 0;

  const double alone = sort_alone(std::move(all_keys).values());
  std::cout << "all phases " << together << " s, std::sort on one rank " << alone << " s\n"
            << "order and contents" << (good ? ": passed\n" : ": FAILED\n");
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return run_on_ranks("sample_sort", usage, argc, argv, parse_options, run);
}
