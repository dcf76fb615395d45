// All-to-alls: block d of every rank to rank d, where it becomes the block of the sender's number.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/plans.hpp"

#include <numeric>

namespace cohort::collectives::all_to_all_plans {

namespace {

// The slots from `out` on hold what is given, by destination; those from `in` on the result, by
// source. A rank's block for itself stays where it is.
struct blocks {
  schedule plan;
  slot out;
  slot in;
};

blocks with_blocks(const plan_request& request) {
  blocks made{};
  made.out = take_slots(made.plan, request.size);
  made.in = take_slots(made.plan, request.size);
  for (int rank = 0; rank < request.size; ++rank) {
    const bool own = rank == request.rank;
    made.plan.load.push_back(whole(nth(made.out, rank), rank));
    made.plan.store.push_back(whole(nth(own ? made.out : made.in, rank), rank));
  }
  return made;
}

}  // namespace

// All messages at once, each rank beginning with the one after it, so that not all begin with the
// same.
schedule linear(const plan_request& request) {
  auto [plan, out, in] = with_blocks(request);
  round made;
  for (int distance = 1; distance < request.size; ++distance) {
    const int to = wrapped(request.rank + distance, request.size);
    const int from = wrapped(request.rank - distance, request.size);
    made.sends.push_back({to, {nth(out, to)}});
    made.receives.push_back({from, {nth(in, from)}});
  }
  if (!made.sends.empty()) plan.rounds.push_back(std::move(made));
  return plan;
}

// In round i every rank sends to the rank i further and receives from the rank i before: n − 1
// rounds, in each of which every rank sends one block and gets one. Thakur et al., "Optimization of
// collective communication operations in MPICH", IJHPCA 19 (2005), section 4.4.
schedule pairwise(const plan_request& request) {
  auto [plan, out, in] = with_blocks(request);
  for (int distance = 1; distance < request.size; ++distance) {
    const int to = wrapped(request.rank + distance, request.size);
    const int from = wrapped(request.rank - distance, request.size);
    plan.rounds.push_back(exchange_round(to, {nth(out, to)}, from, {nth(in, from)}));
  }
  return plan;
}

// A block that has to go j ranks further goes 2^k further in round k for each bit k of j, together
// with all others that have this bit: ⌈log2 n⌉ rounds of about n/2 blocks. Few messages, more
// bytes: for small blocks. Bruck et al., "Efficient algorithms for all-to-all communications in
// multiport message-passing systems", IEEE TPDS 8 (1997), section 3.
schedule bruck(const plan_request& request) {
  schedule plan;
  const int size = request.size;
  const slot given = take_slots(plan, size);
  // A block is received into the one of two slots that it is not sent from.
  const slot received[2] = {take_slots(plan, size), take_slots(plan, size)};
  // By distance to go: the slot where the block lies.
  std::vector<slot> now(static_cast<std::size_t>(size));
  std::iota(now.begin(), now.end(), given);
  for (int distance = 0; distance < size; ++distance) {
    plan.load.push_back(whole(nth(given, distance), wrapped(request.rank + distance, size)));
  }
  for (int step = 1; step < size; step *= 2) {
    std::vector<slot> out;
    std::vector<slot> in;
    for (int distance = step; distance < size; ++distance) {
      if ((distance & step) == 0) continue;
      slot& here = now[static_cast<std::size_t>(distance)];
      out.push_back(here);
      const slot first_place = nth(received[0], distance);
      here = here == first_place ? nth(received[1], distance) : first_place;
      in.push_back(here);
    }
    plan.rounds.push_back(exchange_round(wrapped(request.rank + step, size), std::move(out),
                                         wrapped(request.rank - step, size), std::move(in)));
  }
  for (int distance = 0; distance < size; ++distance) {
    plan.store.push_back(
        whole(now[static_cast<std::size_t>(distance)], wrapped(request.rank - distance, size)));
  }
  return plan;
}

}  // namespace cohort::collectives::all_to_all_plans
