// `cohortrun`: runs a job from its start to its end.
#pragma once

#include "launcher/options.hpp"

#include <span>

namespace cohort::launcher {

// `command_line` is the memory that the kernel shows as this process's arguments. Returns the exit
// code. Throws usage_problem, program_problem and cohort::error for what is wrong before the start.
int run(const run_options& options, std::span<char> command_line);

}  // namespace cohort::launcher
