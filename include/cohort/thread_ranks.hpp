// Ranks as threads of one process, to test ranked code without a launcher.
#pragma once

#include <cohort/call.hpp>
#include <cohort/communicator.hpp>

#include <functional>

namespace cohort {

// Runs `body` on `ranks` threads, each a rank of a job of its own with the same wires as between
// processes, and returns when all have ended. In them, `communicator()` is the world of that job.
// A rank that throws is dead for the others: their calls that need it throw rank_failed. When all
// have ended, the exception of the first rank that threw anything else is thrown, else that of the
// first that threw. Throws argument_error for fewer than one rank or too many, resource_error.
//   cohort::run_threads(4, [](const cohort::communicator& world) {
//     EXPECT_EQ(cohort::shift(world, world.rank()), (world.rank() + 3) % 4); });
void run_threads(int ranks, const std::function<void(const communicator&)>& body, call where = {});

}  // namespace cohort
