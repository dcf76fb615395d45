// All-gathers: every rank's block to all.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/fold.hpp"
#include "collectives/algorithms/plans.hpp"
#include "collectives/algorithms/ring.hpp"

#include <algorithm>

namespace cohort::collectives::all_gather_plans {

namespace {

// Slot r, of one for each rank, is for the block of rank r.
schedule with_blocks(const plan_request& request) {
  schedule plan;
  const slot first = take_slots(plan, request.size);
  plan.load.push_back(whole(nth(first, request.rank)));
  for (int rank = 0; rank < request.size; ++rank)
    plan.store.push_back(whole(nth(first, rank), rank));
  return plan;
}

// The slots of the blocks of an interval of ranks, around the end.
std::vector<slot> blocks_from(int rank, int count, int size) {
  std::vector<slot> blocks;
  for (int i = 0; i < count; ++i) blocks.push_back(nth(0, wrapped(rank + i, size)));
  return blocks;
}

// The blocks of the ranks that `count` actors from `actor` on stand for.
std::vector<slot> blocks_of_actors(const fold& among, int actor, int count, int size) {
  std::vector<slot> blocks;
  for (int rank = 0; rank < size; ++rank) {
    const int by = among.actor_for(rank);
    if (by >= actor && by < actor + count) blocks.push_back(nth(0, rank));
  }
  return blocks;
}

}  // namespace

// Everyone sends its block to everyone, at once.
schedule linear(const plan_request& request) {
  schedule plan = with_blocks(request);
  round made;
  for (int distance = 1; distance < request.size; ++distance) {
    const int to = wrapped(request.rank + distance, request.size);
    const int from = wrapped(request.rank - distance, request.size);
    made.sends.push_back({to, {nth(0, request.rank)}});
    made.receives.push_back({from, {nth(0, from)}});
  }
  if (!made.sends.empty()) plan.rounds.push_back(std::move(made));
  return plan;
}

// Each block goes around the ring: n − 1 rounds of one block each, between neighbours only. Thakur,
// Rabenseifner and Gropp, "Optimization of collective communication operations in MPICH", IJHPCA 19
// (2005), section 4.1.
schedule ring(const plan_request& request) {
  schedule plan = with_blocks(request);
  ring_phase(plan, request, 0, 0);
  return plan;
}

// Pairs at distance 1, 2, 4, … exchange all that they have: log2 n rounds where n is a power of
// two, else two more, in which half of each pair of ranks stands back. Thakur et al. (2005),
// section 4.1.
schedule recursive_doubling(const plan_request& request) {
  schedule plan = with_blocks(request);
  const fold among(request);
  const int size = request.size;
  if (!among.acts()) {
    plan.rounds.push_back(send_round(among.partner(), {nth(0, request.rank)}));
    std::vector<slot> others = blocks_from(0, size, size);
    std::erase(others, nth(0, request.rank));
    plan.rounds.push_back(receive_round(among.partner(), std::move(others)));
    return plan;
  }
  if (among.partner() >= 0) {
    plan.rounds.push_back(receive_round(among.partner(), {nth(0, among.partner())}));
  }
  for (int width = 1; width < among.actors(); width *= 2) {
    const int other = among.self() ^ width;
    // The actors whose blocks a rank has are those that differ from it in lower bits only.
    const auto out = blocks_of_actors(among, among.self() & ~(width - 1), width, size);
    const auto in = blocks_of_actors(among, other & ~(width - 1), width, size);
    plan.rounds.push_back(exchange_round(among.rank_of(other), out, among.rank_of(other), in));
  }
  if (among.partner() >= 0) {
    std::vector<slot> others = blocks_from(0, size, size);
    std::erase(others, nth(0, among.partner()));
    plan.rounds.push_back(send_round(among.partner(), std::move(others)));
  }
  return plan;
}

// Like recursive doubling on a ring, so that any n will do: in round k a rank sends the 2^k blocks
// that it has to the rank 2^k before it; ⌈log2 n⌉ rounds. Bruck, Ho, Kipnis, Upfal and Weathersby,
// "Efficient algorithms for all-to-all communications in multiport message-passing systems", IEEE
// TPDS 8 (1997), section 4. Slots have names, so the final rotation is not needed.
schedule bruck(const plan_request& request) {
  schedule plan = with_blocks(request);
  const int size = request.size;
  for (int have = 1; have < size; have *= 2) {
    const int count = std::min(have, size - have);
    const int to = wrapped(request.rank - have, size);
    const int from = wrapped(request.rank + have, size);
    plan.rounds.push_back(exchange_round(to, blocks_from(request.rank, count, size), from,
                                         blocks_from(from, count, size)));
  }
  return plan;
}

}  // namespace cohort::collectives::all_gather_plans
