// Scatters: block r of the root's to rank r.
#include "collectives/algorithms/binomial_tree.hpp"
#include "collectives/algorithms/plans.hpp"

namespace cohort::collectives::scatter_plans {

namespace {

// Slot r, of one for each rank, is for the block of rank r.
schedule with_blocks(const plan_request& request) {
  schedule plan;
  const slot first = take_slots(plan, request.size);
  if (request.rank == request.root) {
    for (int rank = 0; rank < request.size; ++rank)
      plan.load.push_back(whole(nth(first, rank), rank));
  }
  plan.store.push_back(whole(nth(first, request.rank)));
  return plan;
}

}  // namespace

// The root sends each block to the rank that it is for: no byte travels twice, n − 1 messages.
schedule linear(const plan_request& request) {
  schedule plan = with_blocks(request);
  if (request.rank != request.root) {
    plan.rounds.push_back(receive_round(request.root, {nth(0, request.rank)}));
    return plan;
  }
  round made;
  for (int distance = 1; distance < request.size; ++distance) {
    const int rank = wrapped(request.root + distance, request.size);
    made.sends.push_back({rank, {nth(0, rank)}});
  }
  if (!made.sends.empty()) plan.rounds.push_back(std::move(made));
  return plan;
}

// Half of what a rank has left goes to the rank that passes it on: ⌈log2 n⌉ steps. Chan, Heimlich,
// Purkayastha and van de Geijn, "Collective communication: theory, practice, and experience",
// Concurrency and Computation 19 (2007), section 4.2.
schedule binomial(const plan_request& request) {
  schedule plan = with_blocks(request);
  scatter_phase(plan, request, 0);
  return plan;
}

}  // namespace cohort::collectives::scatter_plans
