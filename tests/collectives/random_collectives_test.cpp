// Back-to-back collectives, drawn from a seed: operation × {value, span, place, in place, differing
// counts} × {blocking, behind requests} × types and operators × roots × sizes around each threshold
// × three communicators that overlap; ranks come at random times. Every result is compared with a
// serial oracle. Once by the table of algorithms, and with each algorithm forced.
//
// RANDOM_COLLECTIVES_SEED and RANDOM_COLLECTIVES_SEEDS in the environment choose the first seed and
// how many are run.
#include "collectives/random_collectives.hpp"
#include "collectives/algorithm.hpp"
#include "support/ranked.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>

namespace cohort::test {
namespace {

using namespace random_collectives;

// Enough to mix forms and types; the sizes are the business of the test by the table.
constexpr int forced_rounds = 3;

std::uint32_t number_from(const char* variable, std::uint32_t otherwise) {
  const char* const text = std::getenv(variable);
  return text ? static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10)) : otherwise;
}

void run_seeds(const communicator& world, int rounds) {
  const std::uint32_t first = number_from("RANDOM_COLLECTIVES_SEED", 20240);
  const std::uint32_t count = number_from("RANDOM_COLLECTIVES_SEEDS", 1);
  for (std::uint32_t seed = first; seed != first + count; ++seed) {
    if (world.rank() == 0) std::printf("RANDOM_COLLECTIVES_SEED=%u\n", seed);
    call_sequence sequence(world, seed, true);
    sequence.run(make_plan({.seed = seed, .ranks = world.size(), .rounds = rounds}));
  }
}

void forced(const communicator& world) {
  run_seeds(world, forced_rounds);
}

// "barrier=tree,broadcast=linear,…": of each operation algorithm number `which`, or its last.
std::string forcing(std::size_t which) {
  std::string setting = "COHORT_COLLECTIVES=";
  for (std::size_t i = 0; i < collectives::operation_count; ++i) {
    const auto operation = static_cast<detail::collective>(i);
    const auto all = collectives::algorithms_of(operation);
    if (i != 0) setting += ",";
    setting += std::string(collectives::name_of(operation)) + "=" +
               std::string(all[std::min(which, all.size() - 1)].name);
  }
  return setting;
}

// Each algorithm is in one of these tests.
bool add_forced() {
  static std::deque<std::string> texts;  // that the tests point into
  std::size_t most = 0;
  for (std::size_t i = 0; i < collectives::operation_count; ++i) {
    most = std::max(most, collectives::algorithms_of(static_cast<detail::collective>(i)).size());
  }
  for (std::size_t which = 0; which < most; ++which) {
    const char* const setting = texts.emplace_back(forcing(which)).c_str();
    const char* const name = texts.emplace_back("algorithms_" + std::to_string(which)).c_str();
    add({"random_collectives_forced",
         name,
         __FILE__,
         __LINE__,
         {.setting = setting, .minutes = 5},
         &forced});
  }
  return true;
}
const bool forced_added = add_forced();

}  // namespace

RANKED_TEST(random_collectives, all_sizes, .minutes = 5) {
  run_seeds(world, rounds_for_all_sizes(world.size()));
}

}  // namespace cohort::test
