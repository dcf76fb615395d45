// Reduce-scatters: block r of all ranks, combined in rank order, to rank r.
#include "collectives/algorithms/plans.hpp"
#include "collectives/algorithms/reduction_phases.hpp"

namespace cohort::collectives::reduce_scatter_plans {

namespace {

void load_blocks(schedule& plan, slot first, int count) {
  for (int block = 0; block < count; ++block) plan.load.push_back(whole(nth(first, block), block));
}

}  // namespace

// Everyone sends each block to the rank that it is for, at once; whoever has all combines them.
schedule linear(const plan_request& request) {
  schedule plan;
  const slot given = take_slots(plan, request.size);
  const slot incoming = take_slots(plan, request.size);
  const slot result = take_slots(plan, 1);
  load_blocks(plan, given, request.size);
  round made;
  for (int distance = 1; distance < request.size; ++distance) {
    const int to = wrapped(request.rank + distance, request.size);
    const int from = wrapped(request.rank - distance, request.size);
    made.sends.push_back({to, {nth(given, to)}});
    made.receives.push_back({from, {nth(incoming, from)}});
  }
  const auto of = [&](int rank) { return nth(rank == request.rank ? given : incoming, rank); };
  slot now = of(0);
  for (int rank = 1; rank < request.size; ++rank) {
    combine(made, now, of(rank), result);
    now = result;
  }
  if (!made.sends.empty()) plan.rounds.push_back(std::move(made));
  plan.store.push_back(whole(now));
  return plan;
}

// In round i every rank sends the rank i further its block, and gets its own from the rank i
// before: n − 1 rounds, every byte travels once. Thakur, Rabenseifner and Gropp, "Optimization of
// collective communication operations in MPICH", IJHPCA 19 (2005), section 4.2. What comes from
// lower and from higher ranks is combined apart, so that rank order is kept.
schedule pairwise(const plan_request& request) {
  schedule plan;
  const slot given = take_slots(plan, request.size);
  const slot incoming = take_slots(plan, 1);
  const slot result = take_slots(plan, 1);
  const slot higher = take_slots(plan, 1);
  load_blocks(plan, given, request.size);
  slot lower = nth(given, request.rank);
  for (int distance = 1; distance < request.size; ++distance) {
    const int to = wrapped(request.rank + distance, request.size);
    const int from = wrapped(request.rank - distance, request.size);
    // Sources descend: rank − 1 … 0, then n − 1 … rank + 1.
    const bool first_of_higher = from == request.size - 1;
    plan.rounds.push_back(
        exchange_round(to, {nth(given, to)}, from, {first_of_higher ? higher : incoming}));
    round& made = plan.rounds.back();
    if (from < request.rank) {
      combine(made, incoming, lower, result);
      lower = result;
    } else if (!first_of_higher) {
      combine(made, incoming, higher, higher);
    }
  }
  const bool has_higher = request.rank < request.size - 1;
  if (has_higher) combine(plan.rounds.back(), lower, higher, result);
  plan.store.push_back(whole(has_higher ? result : lower));
  return plan;
}

// Pairs at distance 1, 2, 4, … exchange the half of the blocks that the other keeps, and combine:
// log2 n rounds where n is a power of two, else two more. Thakur et al. (2005), section 4.2.
schedule recursive_halving(const plan_request& request) {
  schedule plan;
  const fold among(request);
  operands values(plan, request.size);
  load_blocks(plan, values.given(0), request.size);
  fold_in(plan, values, among);
  halving_phase(plan, values, among, [&](int block) { return among.actor_for(block); });
  fold_out(plan, values, among, {among.acts() ? among.partner() : request.rank});
  plan.store.push_back(whole(values.now(request.rank)));
  return plan;
}

}  // namespace cohort::collectives::reduce_scatter_plans
