// The phase that ends ring algorithms: blocks go around until every rank has them all.
#pragma once

#include "collectives/algorithms/build.hpp"

namespace cohort::collectives {

// Slot first + b holds block b. Rank r begins with block r + lead; in each of n − 1 rounds every
// rank hands the block that came last on to the next rank. Blocks for which
// `has_already(rank, block)` holds are not sent to that rank.
template <typename Has>
void ring_phase(schedule& plan, const plan_request& request, slot first, int lead,
                Has has_already) {
  const int size = request.size;
  const int next = wrapped(request.rank + 1, size);
  const int previous = wrapped(request.rank - 1, size);
  for (int step = 0; step + 1 < size; ++step) {
    const int leaving = wrapped(request.rank + lead - step, size);
    const int coming = wrapped(leaving - 1, size);
    round made;
    if (!has_already(next, leaving)) made.sends.push_back({next, {nth(first, leaving)}});
    if (!has_already(request.rank, coming))
      made.receives.push_back({previous, {nth(first, coming)}});
    if (!made.sends.empty() || !made.receives.empty()) plan.rounds.push_back(std::move(made));
  }
}

inline void ring_phase(schedule& plan, const plan_request& request, slot first, int lead) {
  ring_phase(plan, request, first, lead, [](int, int) { return false; });
}

}  // namespace cohort::collectives
