// Gathers: every rank's block to the root.
#include "collectives/algorithms/binomial_tree.hpp"
#include "collectives/algorithms/plans.hpp"

namespace cohort::collectives::gather_plans {

namespace {

// Slot r, of one for each rank, is for the block of rank r.
schedule with_blocks(const plan_request& request) {
  schedule plan;
  const slot first = take_slots(plan, request.size);
  plan.load.push_back(whole(nth(first, request.rank)));
  if (request.rank == request.root) {
    for (int rank = 0; rank < request.size; ++rank) {
      plan.store.push_back(whole(nth(first, rank), rank));
    }
  }
  return plan;
}

}  // namespace

// Every rank sends its block to the root: no byte travels twice, the root receives n − 1 messages.
schedule linear(const plan_request& request) {
  schedule plan = with_blocks(request);
  if (request.rank != request.root) {
    plan.rounds.push_back(send_round(request.root, {nth(0, request.rank)}));
    return plan;
  }
  round made;
  for (int distance = 1; distance < request.size; ++distance) {
    const int rank = wrapped(request.root + distance, request.size);
    made.receives.push_back({rank, {nth(0, rank)}});
  }
  if (!made.receives.empty()) plan.rounds.push_back(std::move(made));
  return plan;
}

// The binomial scatter backwards: each rank collects what is below it in the tree, then hands all
// of it up: ⌈log2 n⌉ steps. Chan et al., "Collective communication: theory, practice, and
// experience", Concurrency and Computation 19 (2007), section 4.2.
schedule binomial(const plan_request& request) {
  schedule plan = with_blocks(request);
  const binomial_tree place(request.rank, request.size, request.root);
  for (const int child : place.children()) {
    plan.rounds.push_back(receive_round(child, slots_of(0, place.below_child(child))));
  }
  if (!place.is_root()) {
    plan.rounds.push_back(send_round(place.parent(), slots_of(0, place.below())));
  }
  return plan;
}

}  // namespace cohort::collectives::gather_plans
