// The cores of this machine that the launcher may use, from the kernel's own description in sysfs.
#pragma once

#include <sched.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cohort::launcher {

struct core {
  std::vector<std::uint32_t> processors;  // hardware threads that may be used, ascending
  std::uint32_t socket = 0;
  std::uint32_t numa_node = 0;
};

// In the order of their first processors. Where the kernel says nothing, each allowed processor is
// a core of its own.
std::vector<core> usable_cores();

// "0-3,8", as in the kernel's lists of processors.
std::string list_text(const std::vector<std::uint32_t>& ascending);

}  // namespace cohort::launcher
