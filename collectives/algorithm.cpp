// The table of the algorithms over messages, and the look-up by name in all tables.
#include "collectives/algorithm.hpp"

#include "collectives/algorithms/plans.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace cohort::collectives {

namespace {

using detail::collective;

constexpr std::array<std::string_view, operation_count> names{
    "barrier",
    "broadcast",
    "scatter",
    "gather",
    "all_gather",
    "all_to_all",
    "reduce",
    "all_reduce",
    "reduce_scatter",
    "scan",
    "exscan",
    "neighbor_all_gather",
    "neighbor_all_to_all",
};

constexpr algorithm over_messages[] = {
    {.operation = collective::barrier,
     .name = "dissemination",
     .summary = "each tells the rank 2^k further in round k; log2 n rounds",
     .plan = barrier_plans::dissemination},
    {.operation = collective::barrier,
     .name = "tree",
     .summary = "up a binomial tree and down again; 2 log2 n steps, 2 (n - 1) messages",
     .plan = barrier_plans::tree},

    {.operation = collective::broadcast,
     .name = "linear",
     .summary = "the root sends to one after the other; n - 1 messages, all from the root",
     .plan = broadcast_plans::linear},
    {.operation = collective::broadcast,
     .name = "binomial",
     .summary = "whoever has the block sends it on; log2 n steps",
     .plan = broadcast_plans::binomial},
    {.operation = collective::broadcast,
     .name = "pipeline",
     .summary = "8 pieces, one behind the other, along a chain of ranks; n + 6 steps of a piece",
     .plan = broadcast_plans::pipeline,
     .slices = true,
     .uniform_only = true},
    {.operation = collective::broadcast,
     .name = "scatter_all_gather",
     .summary = "scatter n parts by a tree, then pass them around a ring (van de Geijn)",
     .plan = broadcast_plans::scatter_all_gather,
     .slices = true,
     .uniform_only = true},

    {.operation = collective::scatter,
     .name = "linear",
     .summary = "the root sends each block to its rank; no byte travels twice",
     .plan = scatter_plans::linear},
    {.operation = collective::scatter,
     .name = "binomial",
     .summary = "half of the blocks at hand go to a helper in each of log2 n steps",
     .plan = scatter_plans::binomial},

    {.operation = collective::gather,
     .name = "linear",
     .summary = "each sends its block to the root; no byte travels twice",
     .plan = gather_plans::linear},
    {.operation = collective::gather,
     .name = "binomial",
     .summary = "blocks are collected up a tree; log2 n steps",
     .plan = gather_plans::binomial},

    {.operation = collective::all_gather,
     .name = "linear",
     .summary = "everyone sends to everyone, at once",
     .plan = all_gather_plans::linear},
    {.operation = collective::all_gather,
     .name = "ring",
     .summary = "blocks go around a ring; n - 1 rounds of a block, between neighbours",
     .plan = all_gather_plans::ring},
    {.operation = collective::all_gather,
     .name = "recursive_doubling",
     .summary = "pairs at distance 1, 2, 4 … exchange all they have; log2 n rounds, or 2 more",
     .plan = all_gather_plans::recursive_doubling},
    {.operation = collective::all_gather,
     .name = "bruck",
     .summary = "what a rank has goes 1, 2, 4 … ranks back around a ring; log2 n rounds",
     .plan = all_gather_plans::bruck},

    {.operation = collective::all_to_all,
     .name = "linear",
     .summary = "all messages at once",
     .plan = all_to_all_plans::linear},
    {.operation = collective::all_to_all,
     .name = "pairwise",
     .summary = "n - 1 rounds; in each, every rank sends one block and gets one",
     .plan = all_to_all_plans::pairwise},
    {.operation = collective::all_to_all,
     .name = "bruck",
     .summary = "log2 n rounds of n/2 blocks each: few messages, more bytes",
     .plan = all_to_all_plans::bruck},

    {.operation = collective::reduce,
     .name = "linear",
     .summary = "the root takes one block after the other; n - 1 steps",
     .plan = reduce_plans::linear},
    {.operation = collective::reduce,
     .name = "binomial",
     .summary = "neighbouring intervals of ranks are combined; log2 n steps",
     .plan = reduce_plans::binomial},
    {.operation = collective::reduce,
     .name = "rabenseifner",
     .summary = "each reduces a slice by halving, then the slices are gathered; 2 log2 n steps",
     .plan = reduce_plans::rabenseifner,
     .slices = true},

    {.operation = collective::all_reduce,
     .name = "reduce_broadcast",
     .summary = "combined up a binomial tree, then sent down; 2 log2 n steps",
     .plan = all_reduce_plans::reduce_broadcast},
    {.operation = collective::all_reduce,
     .name = "recursive_doubling",
     .summary = "pairs at distance 1, 2, 4 … exchange and combine; log2 n rounds, or 2 more",
     .plan = all_reduce_plans::recursive_doubling},
    {.operation = collective::all_reduce,
     .name = "ring",
     .summary = "n slices go around a ring twice; 2 (n - 1) rounds of 1/n of the block",
     .plan = all_reduce_plans::ring,
     .reorders = true,
     .slices = true},
    {.operation = collective::all_reduce,
     .name = "rabenseifner",
     .summary = "slices are reduced by halving, then spread by doubling; 2 log2 n rounds",
     .plan = all_reduce_plans::rabenseifner,
     .slices = true},

    {.operation = collective::reduce_scatter,
     .name = "linear",
     .summary = "all messages at once; each combines what it got",
     .plan = reduce_scatter_plans::linear},
    {.operation = collective::reduce_scatter,
     .name = "pairwise",
     .summary = "n - 1 rounds; in each, every rank sends one block, gets one and combines it",
     .plan = reduce_scatter_plans::pairwise},
    {.operation = collective::reduce_scatter,
     .name = "recursive_halving",
     .summary = "pairs at distance 1, 2, 4 … exchange halves; log2 n rounds, or 2 more",
     .plan = reduce_scatter_plans::recursive_halving},

    {.operation = collective::scan,
     .name = "linear",
     .summary = "from rank to rank; n - 1 steps",
     .plan = scan_plans::linear},
    {.operation = collective::scan,
     .name = "recursive_doubling",
     .summary = "sums of 2^k ranks go 2^k ranks further; log2 n rounds (Hillis and Steele)",
     .plan = scan_plans::recursive_doubling},

    {.operation = collective::exscan,
     .name = "linear",
     .summary = "from rank to rank; n - 1 steps",
     .plan = exscan_plans::linear},
    {.operation = collective::exscan,
     .name = "recursive_doubling",
     .summary = "sums of 2^k ranks go 2^k ranks further; log2 n rounds (Hillis and Steele)",
     .plan = exscan_plans::recursive_doubling},

    {.operation = collective::neighbor_all_gather,
     .name = "direct",
     .summary = "a message to each neighbour, all at once",
     .plan = neighbor_plans::all_gather},
    {.operation = collective::neighbor_all_to_all,
     .name = "direct",
     .summary = "a message to each neighbour, all at once",
     .plan = neighbor_plans::all_to_all},
};

// Both tables, by operation; within one, those in the arena first.
const std::vector<algorithm>& joined() {
  static const std::vector<algorithm> all = [] {
    std::vector<algorithm> made;
    for (const auto& table : {arena_algorithms(), message_algorithms()}) {
      made.insert(made.end(), table.begin(), table.end());
    }
    std::stable_sort(made.begin(), made.end(), [](const algorithm& a, const algorithm& b) {
      return a.operation < b.operation;
    });
    return made;
  }();
  return all;
}

}  // namespace

std::span<const algorithm> message_algorithms() {
  return over_messages;
}

std::span<const algorithm> algorithms() {
  return joined();
}

std::span<const algorithm> algorithms_of(detail::collective operation) {
  const auto& all = joined();
  const auto first = std::find_if(all.begin(), all.end(),
                                  [&](const algorithm& a) { return a.operation == operation; });
  const auto last =
      std::find_if(first, all.end(), [&](const algorithm& a) { return a.operation != operation; });
  return {first, last};
}

const algorithm* find_algorithm(detail::collective operation, std::string_view name) {
  for (const algorithm& each : algorithms_of(operation)) {
    if (each.name == name) return &each;
  }
  return nullptr;
}

std::span<const std::string_view> operation_names() {
  return names;
}

std::string_view name_of(detail::collective operation) {
  return names[static_cast<std::size_t>(operation)];
}

std::optional<detail::collective> find_operation(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<detail::collective>(found - names.begin());
}

}  // namespace cohort::collectives
