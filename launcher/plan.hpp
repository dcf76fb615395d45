// From options to a plan of the start: programs found, ranks placed, environments and streams made.
#pragma once

#include "launcher/options.hpp"
#include "launcher/spawn.hpp"

#include "runtime/job.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace cohort::launcher {

// What each rank runs and where, without anything that only a started job has. Throws
// program_problem.
std::vector<rank_start> plan_ranks(const run_options& options,
                                   const std::vector<placement>& placements);

// Gives every rank the variable that lets it join the job.
void add_start_variables(start_plan& plan, const runtime::job& job);

// "rank 0: cd /data && env OMP_NUM_THREADS=2 ./prog 'a b'"
std::string dry_run_text(const run_options& options, const std::vector<rank_start>& ranks);

}  // namespace cohort::launcher
