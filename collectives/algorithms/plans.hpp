// The classical algorithms, as functions that make the schedule of one rank. Each is described, and
// its source named, where it is defined: in the file of its operation.
#pragma once

#include "collectives/schedule/schedule.hpp"

namespace cohort::collectives {

namespace barrier_plans {
schedule dissemination(const plan_request& request);
schedule tree(const plan_request& request);
}  // namespace barrier_plans

namespace broadcast_plans {
schedule linear(const plan_request& request);
schedule binomial(const plan_request& request);
schedule pipeline(const plan_request& request);
schedule scatter_all_gather(const plan_request& request);
}  // namespace broadcast_plans

namespace scatter_plans {
schedule linear(const plan_request& request);
schedule binomial(const plan_request& request);
}  // namespace scatter_plans

namespace gather_plans {
schedule linear(const plan_request& request);
schedule binomial(const plan_request& request);
}  // namespace gather_plans

namespace all_gather_plans {
schedule linear(const plan_request& request);
schedule ring(const plan_request& request);
schedule recursive_doubling(const plan_request& request);
schedule bruck(const plan_request& request);
}  // namespace all_gather_plans

namespace all_to_all_plans {
schedule linear(const plan_request& request);
schedule pairwise(const plan_request& request);
schedule bruck(const plan_request& request);
}  // namespace all_to_all_plans

namespace reduce_plans {
schedule linear(const plan_request& request);
schedule binomial(const plan_request& request);
schedule rabenseifner(const plan_request& request);
}  // namespace reduce_plans

namespace all_reduce_plans {
schedule reduce_broadcast(const plan_request& request);
schedule recursive_doubling(const plan_request& request);
schedule ring(const plan_request& request);
schedule rabenseifner(const plan_request& request);
}  // namespace all_reduce_plans

namespace reduce_scatter_plans {
schedule linear(const plan_request& request);
schedule pairwise(const plan_request& request);
schedule recursive_halving(const plan_request& request);
}  // namespace reduce_scatter_plans

namespace scan_plans {
schedule linear(const plan_request& request);
schedule recursive_doubling(const plan_request& request);
}  // namespace scan_plans

namespace exscan_plans {
schedule linear(const plan_request& request);
schedule recursive_doubling(const plan_request& request);
}  // namespace exscan_plans

namespace neighbor_plans {
schedule all_gather(const plan_request& request);
schedule all_to_all(const plan_request& request);
}  // namespace neighbor_plans

}  // namespace cohort::collectives
