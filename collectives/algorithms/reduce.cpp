// Reductions: all ranks' blocks, combined in rank order, to the root.
#include "collectives/algorithms/plans.hpp"
#include "collectives/algorithms/reduction_phases.hpp"

namespace cohort::collectives::reduce_plans {

// The root takes the blocks of the others one after the other, in rank order: n − 1 steps, and all
// the work is the root's.
schedule linear(const plan_request& request) {
  schedule plan;
  const slot given = take_slots(plan, 1);
  plan.load.push_back(whole(given));
  if (request.rank != request.root) {
    plan.rounds.push_back(send_round(request.root, {given}));
    return plan;
  }
  const slot result = take_slots(plan, 1);
  const slot incoming = take_slots(plan, 1);
  slot now = given;
  for (int rank = 0; rank < request.size; ++rank) {
    if (rank == request.root) {
      if (rank > 0) combine(plan.rounds.back(), result, given, result);
      continue;
    }
    plan.rounds.push_back(receive_round(rank, {rank == 0 ? result : incoming}));
    if (rank > 0) combine(plan.rounds.back(), now, incoming, result);
    now = result;
  }
  plan.store.push_back(whole(now));
  return plan;
}

// ⌈log2 n⌉ steps. Thakur, Rabenseifner and Gropp, "Optimization of collective communication
// operations in MPICH", IJHPCA 19 (2005), section 4.3; see tree_phase for the root.
schedule binomial(const plan_request& request) {
  schedule plan;
  operands values(plan, 1);
  plan.load.push_back(whole(values.given(0)));
  tree_phase(plan, values, request);
  if (request.rank == request.root) plan.store.push_back(whole(values.now(0)));
  return plan;
}

// Reduce-scatter by recursive halving, then a gather of the slices: every rank sends and combines
// about one block in all, instead of log2 n blocks at the root. Rabenseifner, "A new optimized MPI
// reduce algorithm", 1997; Thakur et al. (2005), section 4.3.
schedule rabenseifner(const plan_request& request) {
  schedule plan;
  const fold among(request, request.root);
  operands values(plan, among.actors());
  load_slices(plan, values);
  fold_in(plan, values, among);
  halving_phase(plan, values, among, [](int slice) { return slice; });
  regather_phase(plan, values, among, among.actor_for(request.root));
  if (request.rank == request.root) store_slices(plan, values);
  return plan;
}

}  // namespace cohort::collectives::reduce_plans
