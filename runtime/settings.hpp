// The COHORT_ settings: one typed table, read once from the environment when a job is joined.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cohort::runtime {

// How a rank waits where nothing is there yet.
enum class wait_policy : std::uint8_t {
  automatic,  // spin while every awake member has a processor, else yield; sleep in the end
  spin,       // never yield before sleeping
  yield,      // never spin
  sleep,      // sleep at once
};

struct settings {
  bool strict = false;
  wait_policy wait = wait_policy::automatic;
  std::uint64_t eager_limit = 8 * 1024;
  bool single_copy = true;
  bool membarrier = true;
  bool collective_check = true;
  std::uint64_t spin_microseconds = 1000;
  std::string collectives;  // "broadcast=binomial,all_reduce=ring": forced algorithms

  // Reads every COHORT_ variable of the environment. Throws setting_error, naming the nearest
  // setting, for an unknown one, and for a value that can't be.
  static settings from_environment();
  // The same for one variable, "NAME=value"; those of other names are left alone.
  void take(std::string_view variable);
};

// A row of the table, for `cohort info` and docs.
struct setting_row {
  std::string_view name;     // COHORT_STRICT
  std::string value;         // the value in force
  std::string_view values;   // what may be given: "0, 1"
  std::string_view meaning;  // one sentence
};
std::vector<setting_row> describe(const settings& in_force);

// Throws setting_error if COHORT_COLLECTIVES can't have this value. Defined with the collectives,
// of which the settings know no more than this.
void check_collectives(std::string_view text);

// The candidate nearest to `word` by edit distance; empty if none is near enough to suggest.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace cohort::runtime
