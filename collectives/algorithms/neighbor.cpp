// The neighbourhood forms: every rank sends to its neighbours and receives from them, directly, in
// one round. Messages to null_rank are left out; those to itself are no messages.
#include <cohort/constants.hpp>

#include "collectives/algorithms/build.hpp"
#include "collectives/algorithms/plans.hpp"

namespace cohort::collectives::neighbor_plans {

namespace {

// `block_for(i)` is the slot of what goes to to[i].
template <typename BlockFor>
void exchange_with_neighbors(schedule& plan, const plan_request& request, BlockFor block_for) {
  const slot incoming = take_slots(plan, static_cast<int>(request.from.size()));
  round made;
  std::vector<slot> to_itself;
  for (std::size_t i = 0; i < request.to.size(); ++i) {
    const slot block = block_for(static_cast<int>(i));
    if (request.to[i] == request.rank) {
      to_itself.push_back(block);
    } else if (request.to[i] != null_rank) {
      made.sends.push_back({request.to[i], {block}});
    }
  }
  auto own = to_itself.begin();
  for (std::size_t i = 0; i < request.from.size(); ++i) {
    const int index = static_cast<int>(i);
    if (request.from[i] == request.rank) {
      if (own != to_itself.end()) plan.store.push_back(whole(*own++, index));
    } else if (request.from[i] != null_rank) {
      made.receives.push_back({request.from[i], {nth(incoming, index)}});
      plan.store.push_back(whole(nth(incoming, index), index));
    }
  }
  if (!made.sends.empty() || !made.receives.empty()) plan.rounds.push_back(std::move(made));
}

}  // namespace

schedule all_gather(const plan_request& request) {
  schedule plan;
  const slot given = take_slots(plan, 1);
  plan.load.push_back(whole(given));
  exchange_with_neighbors(plan, request, [&](int) { return given; });
  return plan;
}

schedule all_to_all(const plan_request& request) {
  schedule plan;
  const int count = static_cast<int>(request.to.size());
  const slot given = take_slots(plan, count);
  for (int i = 0; i < count; ++i) plan.load.push_back(whole(nth(given, i), i));
  exchange_with_neighbors(plan, request, [&](int i) { return nth(given, i); });
  return plan;
}

}  // namespace cohort::collectives::neighbor_plans
