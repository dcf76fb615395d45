// The table of the algorithms in the arena.
#include "collectives/arena/algorithms.hpp"

#include "collectives/algorithm.hpp"

namespace cohort::collectives {

namespace {

using detail::collective;

constexpr std::string_view moving =
    "shown to all at once, in posts of one cache line or staged in shared memory";
constexpr std::string_view single_copying =
    "small ones as in shared; others are read from the giver's memory by the kernel, one copy";
constexpr std::string_view folding = "as in broadcast; each rank that has a result combines all";
constexpr std::string_view slicing =
    "each rank combines a slice of all contributions, read from their owners' memory in pieces "
    "that "
    "stay in its cache; then the slices are read";

constexpr algorithm in_the_arena[] = {
    {.operation = collective::barrier,
     .name = "shared",
     .summary = "one post of each rank; beyond 32 ranks up a tree of 16 children, and down",
     .run = arena::barrier},
    {.operation = collective::broadcast,
     .name = "shared",
     .summary = moving,
     .run = arena::move_shared},
    {.operation = collective::broadcast,
     .name = "single_copy",
     .summary = single_copying,
     .run = arena::move_single_copy},
    {.operation = collective::scatter,
     .name = "shared",
     .summary = moving,
     .run = arena::move_shared},
    {.operation = collective::scatter,
     .name = "single_copy",
     .summary = single_copying,
     .run = arena::move_single_copy},
    {.operation = collective::gather,
     .name = "shared",
     .summary = moving,
     .run = arena::move_shared},
    {.operation = collective::gather,
     .name = "single_copy",
     .summary = single_copying,
     .run = arena::move_single_copy},
    {.operation = collective::all_gather,
     .name = "shared",
     .summary = moving,
     .run = arena::move_shared},
    {.operation = collective::all_gather,
     .name = "single_copy",
     .summary = single_copying,
     .run = arena::move_single_copy},
    {.operation = collective::all_to_all,
     .name = "shared",
     .summary = moving,
     .run = arena::move_shared},
    {.operation = collective::all_to_all,
     .name = "single_copy",
     .summary = single_copying,
     .run = arena::move_single_copy},
    {.operation = collective::reduce,
     .name = "shared",
     .summary = folding,
     .run = arena::fold_shared},
    {.operation = collective::reduce,
     .name = "sliced",
     .summary = slicing,
     .run = arena::fold_sliced,
     .slices = true,
     .uniform_only = true},
    {.operation = collective::all_reduce,
     .name = "shared",
     .summary = folding,
     .run = arena::fold_shared},
    {.operation = collective::all_reduce,
     .name = "sliced",
     .summary = slicing,
     .run = arena::fold_sliced,
     .slices = true,
     .uniform_only = true},
    {.operation = collective::reduce_scatter,
     .name = "shared",
     .summary = folding,
     .run = arena::fold_shared},
    {.operation = collective::reduce_scatter,
     .name = "sliced",
     .summary = "each rank combines its block, read from the owners' memory in pieces",
     .run = arena::fold_sliced,
     .slices = true},
    {.operation = collective::scan,
     .name = "shared",
     .summary = folding,
     .run = arena::fold_shared},
    {.operation = collective::scan,
     .name = "sliced",
     .summary = "each rank combines what lower ranks give, read from their memory in pieces",
     .run = arena::fold_sliced,
     .slices = true,
     .uniform_only = true},
    {.operation = collective::exscan,
     .name = "shared",
     .summary = folding,
     .run = arena::fold_shared},
    {.operation = collective::exscan,
     .name = "sliced",
     .summary = "each rank combines what lower ranks give, read from their memory in pieces",
     .run = arena::fold_sliced,
     .slices = true,
     .uniform_only = true},
};

}  // namespace

std::span<const algorithm> arena_algorithms() {
  return in_the_arena;
}

}  // namespace cohort::collectives
