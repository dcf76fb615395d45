// All-reductions: all ranks' blocks, combined, to all. Every rank gets the same bits: a slice is
// combined by one rank only, or by all in the same association.
#include "collectives/algorithms/binomial_tree.hpp"
#include "collectives/algorithms/plans.hpp"
#include "collectives/algorithms/reduction_phases.hpp"
#include "collectives/algorithms/ring.hpp"

namespace cohort::collectives::all_reduce_plans {

// Up a binomial tree to rank 0, and down again: 2 ⌈log2 n⌉ steps, fewest messages.
schedule reduce_broadcast(const plan_request& request) {
  schedule plan;
  const plan_request by_zero{.rank = request.rank, .size = request.size};
  operands values(plan, 1);
  plan.load.push_back(whole(values.given(0)));
  tree_phase(plan, values, by_zero);
  // Rank 0 sends its result; the others receive it where they had theirs.
  const slot result = request.size > 1 ? values.result(0) : values.given(0);
  broadcast_phase(plan, by_zero, {result});
  plan.store.push_back(whole(result));
  return plan;
}

// Pairs at distance 1, 2, 4, … exchange what they have combined so far: log2 n steps where n is a
// power of two, else two more. Thakur, Rabenseifner and Gropp, "Optimization of collective
// communication operations in MPICH", IJHPCA 19 (2005), section 4.5.
schedule recursive_doubling(const plan_request& request) {
  schedule plan;
  const fold among(request);
  operands values(plan, 1);
  plan.load.push_back(whole(values.given(0)));
  fold_in(plan, values, among);
  doubling_phase(plan, values, among);
  fold_out(plan, values, among, {0});
  plan.store.push_back(whole(values.now(0)));
  return plan;
}

// The vector in n slices; each goes around the ring once to be combined, and once more to be
// spread: 2 (n − 1) rounds of 1/n of the vector, between neighbours only. Patarasuk and Yuan,
// "Bandwidth optimal all-reduce algorithms for clusters of workstations", JPDC 69 (2009). Slice s
// begins with rank s, so operands come in cyclic order.
schedule ring(const plan_request& request) {
  schedule plan;
  const int size = request.size;
  operands values(plan, size);
  load_slices(plan, values);
  for (int step = 0; step + 1 < size; ++step) {
    const int leaving = wrapped(request.rank - step, size);
    const int coming = wrapped(leaving - 1, size);
    round made = send_round(wrapped(request.rank + 1, size), {values.now(leaving)});
    values.receive_results(made, wrapped(request.rank - 1, size), {coming});
    combine(made, values.now(coming), values.given(coming), values.now(coming));
    plan.rounds.push_back(std::move(made));
  }
  ring_phase(plan, request, values.result(0), 1);
  for (int slice = 0; slice < size; ++slice) {
    plan.store.push_back(
        sliced(size > 1 ? values.result(slice) : values.given(slice), slice, size));
  }
  return plan;
}

// Reduce-scatter by recursive halving, then all-gather by recursive doubling: 2 log2 n rounds, two
// blocks sent by each rank in all. Rabenseifner, "Optimization of collective reduction operations",
// ICCS 2004, section 2.
schedule rabenseifner(const plan_request& request) {
  schedule plan;
  const fold among(request);
  operands values(plan, among.actors());
  load_slices(plan, values);
  fold_in(plan, values, among);
  halving_phase(plan, values, among, [](int slice) { return slice; });
  regather_phase(plan, values, among);
  fold_out(plan, values, among, all_values(values.count()));
  store_slices(plan, values);
  return plan;
}

}  // namespace cohort::collectives::all_reduce_plans
