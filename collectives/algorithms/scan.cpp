// Prefix reductions: to rank r the blocks of ranks 0 … r, combined in rank order (scan); or of
// ranks 0 … r − 1 (exscan), of which rank 0 gets nothing.
#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/operands.hpp"
#include "collectives/algorithms/plans.hpp"

namespace cohort::collectives {

namespace scan_plans {

// From rank to rank: n − 1 steps, as few combinations as can be.
schedule linear(const plan_request& request) {
  schedule plan;
  operands value(plan, 1);
  plan.load.push_back(whole(value.given(0)));
  if (request.rank > 0) {
    round made;
    value.receive_operands(made, request.rank - 1, {0}, incoming_side::lower);
    plan.rounds.push_back(std::move(made));
  }
  if (request.rank + 1 < request.size) {
    plan.rounds.push_back(send_round(request.rank + 1, {value.now(0)}));
  }
  plan.store.push_back(whole(value.now(0)));
  return plan;
}

// In round k the combination of up to 2^k ranks goes 2^k ranks further: ⌈log2 n⌉ rounds. Hillis and
// Steele, "Data parallel algorithms", CACM 29 (1986).
schedule recursive_doubling(const plan_request& request) {
  schedule plan;
  operands value(plan, 1);
  plan.load.push_back(whole(value.given(0)));
  for (int width = 1; width < request.size; width *= 2) {
    round made;
    if (request.rank + width < request.size) {
      made.sends.push_back({request.rank + width, {value.now(0)}});
    }
    if (request.rank >= width) {
      value.receive_operands(made, request.rank - width, {0}, incoming_side::lower);
    }
    if (!made.sends.empty() || !made.receives.empty()) plan.rounds.push_back(std::move(made));
  }
  plan.store.push_back(whole(value.now(0)));
  return plan;
}

}  // namespace scan_plans

namespace exscan_plans {

// From rank to rank: each stores what comes, and passes it on with its own block combined to it.
schedule linear(const plan_request& request) {
  schedule plan;
  const slot given = take_slots(plan, 1);
  const slot before = take_slots(plan, 1);
  const slot through = take_slots(plan, 1);
  plan.load.push_back(whole(given));
  const bool is_last = request.rank == request.size - 1;
  if (request.rank > 0) {
    plan.rounds.push_back(receive_round(request.rank - 1, {before}));
    if (!is_last) combine(plan.rounds.back(), before, given, through);
    plan.store.push_back(whole(before));
  }
  if (!is_last) {
    plan.rounds.push_back(send_round(request.rank + 1, {request.rank > 0 ? through : given}));
  }
  return plan;
}

// As in the inclusive form, with a second value that leaves out the rank's own block.
schedule recursive_doubling(const plan_request& request) {
  schedule plan;
  const slot given = take_slots(plan, 1);
  const slot with_own = take_slots(plan, 1);
  const slot before = take_slots(plan, 1);
  const slot incoming = take_slots(plan, 1);
  plan.load.push_back(whole(given));
  slot now = given;
  for (int width = 1; width < request.size; width *= 2) {
    round made;
    if (request.rank + width < request.size) {
      made.sends.push_back({request.rank + width, {now}});
    }
    if (request.rank >= width) {
      const slot came = width == 1 ? before : incoming;
      made.receives.push_back({request.rank - width, {came}});
      if (width > 1) combine(made, incoming, before, before);
      // Once the next rank to send to is beyond the last, nobody needs this any more.
      if (request.rank + 2 * width < request.size) {
        combine(made, came, now, with_own);
        now = with_own;
      }
    }
    if (!made.sends.empty() || !made.receives.empty()) plan.rounds.push_back(std::move(made));
  }
  if (request.rank > 0) plan.store.push_back(whole(before));
  return plan;
}

}  // namespace exscan_plans

}  // namespace cohort::collectives
