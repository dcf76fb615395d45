// Which algorithm carries out a collective operation: one table of thresholds, and the setting
// COHORT_COLLECTIVES, which forces algorithms by name.
#pragma once

#include "collectives/algorithm.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace cohort::collectives {

// What the choice depends on. All of it is equal on all ranks of the communicator, so that they
// choose the same without a word.
struct choice_request {
  detail::collective operation = detail::collective::barrier;
  int ranks = 1;
  std::uint64_t block_bytes = 0;  // of every block; not looked at unless `uniform`
  bool uniform = true;            // all ranks know the size of every block
  bool all_on_one_host = true;
  bool commutative = true;  // the operator is; of no account where there is none
  bool packed = false;      // elements travel as archives
  bool non_blocking = false;
};

// The bytes that thresholds are about: what one rank gives, the root where there is one. A block
// for each rank in scatter, all_to_all and reduce_scatter; else a single block.
std::uint64_t bytes_given(const choice_request& request);

enum class placement : std::uint8_t { anywhere, one_host, several_hosts };

inline constexpr std::uint64_t any_bytes = std::numeric_limits<std::uint64_t>::max();
inline constexpr int any_ranks = std::numeric_limits<int>::max();

// One rule: where all of it holds, and the algorithm is applicable, it is chosen. A rule with a
// limit of bytes asks for sizes that all ranks know.
struct selection_row {
  detail::collective operation;
  std::string_view algorithm;
  std::uint64_t from_bytes = 0;
  std::uint64_t to_bytes = any_bytes;  // inclusive
  int from_ranks = 1;
  int to_ranks = any_ranks;  // inclusive
  placement where = placement::anywhere;
};

// An operation's rows stand together; the first that fits counts. The last always fits.
std::span<const selection_row> selection_table();

// Whether an algorithm can do what is asked for: arena algorithms serve blocking calls on one host;
// reordering ones commutative operators; slicing ones elements of fixed size.
bool applicable(const algorithm& candidate, const choice_request& request);

// The choice under one value of COHORT_COLLECTIVES. Immutable; made once, asked for each call.
//   const selection by("broadcast=binomial,all_reduce=ring");
//   const algorithm& chosen = by.choose({.operation = detail::collective::broadcast, .ranks = 8});
class selection {
 public:
  // Throws setting_error, listing the known names, for an unknown operation or algorithm.
  explicit selection(std::string_view forced = {});

  // The forced algorithm where it is applicable, else that of the table. Never allocates.
  const algorithm& choose(const choice_request& request) const;

 private:
  std::array<const algorithm*, operation_count> forced_{};
};

}  // namespace cohort::collectives
