// Broadcasts: the root's block to all.
#include "collectives/algorithms/binomial_tree.hpp"
#include "collectives/algorithms/plans.hpp"
#include "collectives/algorithms/ring.hpp"

namespace cohort::collectives::broadcast_plans {

namespace {

bool is_root(const plan_request& request) {
  return request.rank == request.root;
}

// The root gives, the others get, the slots from `first` on: the parts of the block.
void load_or_store(schedule& plan, const plan_request& request, slot first, int parts) {
  auto& place = is_root(request) ? plan.load : plan.store;
  for (int part = 0; part < parts; ++part) place.push_back(sliced(nth(first, part), part, parts));
}

}  // namespace

// The root sends to each of the others, n − 1 messages, one after the other on its wire.
schedule linear(const plan_request& request) {
  schedule plan;
  const slot data = take_slots(plan, 1);
  load_or_store(plan, request, data, 1);
  if (!is_root(request)) {
    plan.rounds.push_back(receive_round(request.root, {data}));
    return plan;
  }
  round made;
  for (int distance = 1; distance < request.size; ++distance) {
    made.sends.push_back({wrapped(request.root + distance, request.size), {data}});
  }
  if (!made.sends.empty()) plan.rounds.push_back(std::move(made));
  return plan;
}

// Whoever has the data sends it to one that has not, so the number of owners doubles with each
// step: ⌈log2 n⌉ steps. Knuth's binomial tree; as a broadcast: Johnsson and Ho, "Optimum
// broadcasting and personalized communication in hypercubes", IEEE ToC 38 (1989).
schedule binomial(const plan_request& request) {
  schedule plan;
  const slot data = take_slots(plan, 1);
  load_or_store(plan, request, data, 1);
  broadcast_phase(plan, request, {data});
  return plan;
}

// A chain from the root on; the block goes along it in pieces, so that all links work at once:
// pieces + n − 2 steps of a piece each.
schedule pipeline(const plan_request& request) {
  constexpr int pieces = 8;
  schedule plan;
  const slot first = take_slots(plan, pieces);
  load_or_store(plan, request, first, pieces);
  const int position = wrapped(request.rank - request.root, request.size);
  const bool is_last = position == request.size - 1;
  const int next = wrapped(request.rank + 1, request.size);
  const int previous = wrapped(request.rank - 1, request.size);
  // A piece is passed on in the round after the one that brought it.
  for (int step = 0; step <= pieces; ++step) {
    round made;
    const int leaving = is_root(request) ? step : step - 1;
    if (!is_last && leaving >= 0 && leaving < pieces) {
      made.sends.push_back({next, {nth(first, leaving)}});
    }
    if (!is_root(request) && step < pieces) made.receives.push_back({previous, {nth(first, step)}});
    if (!made.sends.empty() || !made.receives.empty()) plan.rounds.push_back(std::move(made));
  }
  return plan;
}

// van de Geijn: the block is scattered in n parts by a binomial tree, then the parts go around the
// ring; 2 (n − 1)/n of the block for each rank, instead of log2 n blocks for the root. Barnett et
// al., "Building a high-performance collective communication library", SC 1994. A part that a rank
// has had in its hands while it scattered is not sent to it again.
schedule scatter_all_gather(const plan_request& request) {
  schedule plan;
  const slot first = take_slots(plan, request.size);
  load_or_store(plan, request, first, request.size);
  scatter_phase(plan, request, first);
  ring_phase(plan, request, first, 0, [&](int rank, int part) {
    return binomial_tree(rank, request.size, request.root).has_below(part);
  });
  return plan;
}

}  // namespace cohort::collectives::broadcast_plans
