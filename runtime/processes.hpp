// What the runtime tells the layer of processes, which stands above it. Declared here, defined
// there (multiprocessing/): the runtime knows no more of processes than this.
#pragma once

#include "runtime/arena.hpp"

#include <cstdint>

namespace cohort::runtime {

// A member's end has been published. Processes that ranks have started may wait for it.
void processes_hear_of_end(arena& memory, std::uint32_t member, int wait_status);

}  // namespace cohort::runtime
