// Barriers: messages without content, after which every rank has heard, directly or not, from all.
#include "collectives/algorithms/binomial_tree.hpp"
#include "collectives/algorithms/plans.hpp"

namespace cohort::collectives::barrier_plans {

// Hensgen, Finkel and Manber, "Two algorithms for barrier synchronization", International Journal
// of Parallel Programming 17 (1988): in round k every rank tells the rank 2^k further and hears
// from the rank 2^k before. ⌈log2 n⌉ rounds.
schedule dissemination(const plan_request& request) {
  schedule plan;
  for (int distance = 1; distance < request.size; distance *= 2) {
    plan.rounds.push_back(exchange_round(wrapped(request.rank + distance, request.size), {},
                                         wrapped(request.rank - distance, request.size), {}));
  }
  return plan;
}

// The arrivals go up a binomial tree to rank 0 and the release comes down the same tree: fewest
// messages, 2 (n − 1), in 2 ⌈log2 n⌉ steps.
schedule tree(const plan_request& request) {
  schedule plan;
  const binomial_tree place(request.rank, request.size, 0);
  for (const int child : place.children()) plan.rounds.push_back(receive_round(child, {}));
  if (!place.is_root()) plan.rounds.push_back(send_round(place.parent(), {}));
  broadcast_phase(plan, {.rank = request.rank, .size = request.size}, {});
  return plan;
}

}  // namespace cohort::collectives::barrier_plans
