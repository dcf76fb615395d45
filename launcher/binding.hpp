// Which processors each rank is bound to.
#pragma once

#include "launcher/options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cohort::launcher {

// Where a rank may run; without processors: anywhere.
struct placement {
  std::vector<std::uint32_t> cores;       // as this machine's usable cores are counted
  std::vector<std::uint32_t> processors;  // ascending
  std::uint32_t socket = 0;               // of the first core
  std::uint32_t numa_node = 0;
};

// One placement per rank. Ranks beyond the last core start over with the first one.
std::vector<placement> place_ranks(const binding_options& binding, std::uint32_t ranks);

// How many processors the ranks may use together, of the `usable` ones.
std::uint32_t processors_of(const std::vector<placement>& placements, std::uint32_t usable);

// "rank 3: core 3 (processors 3,7), socket 0, NUMA node 0"
std::string binding_text(std::uint32_t rank, const placement& where);

// Binds the calling process. False with errno where the kernel refuses.
bool bind_this_process(const placement& where) noexcept;

}  // namespace cohort::launcher
