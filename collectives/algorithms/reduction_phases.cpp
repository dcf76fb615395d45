// The rounds of each phase of a reduction, for one rank.
#include "collectives/algorithms/reduction_phases.hpp"

#include <algorithm>
#include <iterator>

namespace cohort::collectives {

namespace {

incoming_side side_of(int incoming, int self) {
  return incoming < self ? incoming_side::lower : incoming_side::higher;
}

// The values that end with actors whose number has the bits of `mask` in common with `actor`.
template <typename Keeper>
std::vector<int> kept_like(const operands& values, int actor, int mask, const Keeper& keeper) {
  const std::vector<int> all = all_values(values.count());
  std::vector<int> found;
  std::copy_if(all.begin(), all.end(), std::back_inserter(found),
               [&](int value) { return ((keeper(value) ^ actor) & mask) == 0; });
  return found;
}

int itself(int value) {
  return value;
}

}  // namespace

// In step k the values of the intervals [2i · 2^k, (2i + 1) · 2^k) and [(2i + 1) · 2^k, (2i + 2) ·
// 2^k) are combined. An interval's value lies with the root if it is one of its ranks, else with
// the lowest: so the root ends with the result, and what is combined with what does not depend on
// the root.
void tree_phase(schedule& plan, operands& values, const plan_request& request) {
  for (int width = 1; width < request.size; width *= 2) {
    const int left = request.rank & ~(2 * width - 1);
    const int right = left + width;
    if (right >= request.size) continue;
    const auto holder = [&](int first) {
      return request.root >= first && request.root < first + width ? request.root : first;
    };
    const bool root_is_right = holder(right) == request.root;
    const int keeper = root_is_right ? holder(right) : holder(left);
    const int other = root_is_right ? holder(left) : holder(right);
    if (request.rank == other) {
      plan.rounds.push_back(send_round(keeper, values.now(all_values(values.count()))));
      return;
    }
    round made;
    values.receive_operands(made, other, all_values(values.count()), side_of(other, keeper));
    plan.rounds.push_back(std::move(made));
  }
}

void fold_in(schedule& plan, operands& values, const fold& among) {
  if (among.partner() < 0) return;
  const std::vector<int> all = all_values(values.count());
  round made;
  if (among.acts()) {
    values.receive_operands(made, among.partner(), all, side_of(among.partner(), among.rank()));
  } else {
    made.sends.push_back({among.partner(), values.now(all)});
  }
  plan.rounds.push_back(std::move(made));
}

void fold_out(schedule& plan, operands& values, const fold& among, const std::vector<int>& wanted) {
  if (among.partner() < 0) return;
  round made;
  if (among.acts()) {
    made.sends.push_back({among.partner(), values.now(wanted)});
  } else {
    values.receive_results(made, among.partner(), wanted);
  }
  plan.rounds.push_back(std::move(made));
}

void doubling_phase(schedule& plan, operands& values, const fold& among) {
  if (!among.acts()) return;
  const std::vector<int> all = all_values(values.count());
  for (int width = 1; width < among.actors(); width *= 2) {
    const int other = among.self() ^ width;
    round made = send_round(among.rank_of(other), values.now(all));
    values.receive_operands(made, among.rank_of(other), all, side_of(other, among.self()));
    plan.rounds.push_back(std::move(made));
  }
}

void halving_phase(schedule& plan, operands& values, const fold& among,
                   const std::function<int(int)>& keeper) {
  if (!among.acts()) return;
  for (int width = 1; width < among.actors(); width *= 2) {
    const int other = among.self() ^ width;
    const int mask = 2 * width - 1;
    round made =
        send_round(among.rank_of(other), values.now(kept_like(values, other, mask, keeper)));
    values.receive_operands(made, among.rank_of(other),
                            kept_like(values, among.self(), mask, keeper),
                            side_of(other, among.self()));
    plan.rounds.push_back(std::move(made));
  }
}

void regather_phase(schedule& plan, operands& values, const fold& among) {
  if (!among.acts()) return;
  for (int width = among.actors() / 2; width > 0; width /= 2) {
    const int other = among.self() ^ width;
    const int mask = 2 * width - 1;
    round made =
        send_round(among.rank_of(other), values.now(kept_like(values, among.self(), mask, itself)));
    values.receive_results(made, among.rank_of(other), kept_like(values, other, mask, itself));
    plan.rounds.push_back(std::move(made));
  }
}

void regather_phase(schedule& plan, operands& values, const fold& among, int to_actor) {
  if (!among.acts()) return;
  for (int width = among.actors() / 2; width > 0; width /= 2) {
    const int other = among.self() ^ width;
    const int mask = 2 * width - 1;
    if (((among.self() ^ to_actor) & width) != 0) {
      plan.rounds.push_back(send_round(among.rank_of(other),
                                       values.now(kept_like(values, among.self(), mask, itself))));
      return;
    }
    round made;
    values.receive_results(made, among.rank_of(other), kept_like(values, other, mask, itself));
    plan.rounds.push_back(std::move(made));
  }
}

}  // namespace cohort::collectives
