// Positions in the binomial tree, and broadcast and scatter along it.
#include "collectives/algorithms/binomial_tree.hpp"

#include <algorithm>

namespace cohort::collectives {

binomial_tree::binomial_tree(int rank, int size, int root)
    : size_(size), root_(root), position_(wrapped(rank - root, size)) {}

int binomial_tree::end_of(int position) const {
  return position == 0 ? size_ : std::min(size_, position + (position & -position));
}

std::vector<int> binomial_tree::children() const {
  std::vector<int> found;
  for (int distance = 1; position_ + distance < end_of(position_); distance *= 2) {
    found.push_back(rank_at(position_ + distance));
  }
  return found;
}

std::vector<int> binomial_tree::below(int position) const {
  std::vector<int> ranks;
  for (int at = position; at < end_of(position); ++at) ranks.push_back(rank_at(at));
  return ranks;
}

std::vector<slot> slots_of(slot first, const std::vector<int>& ranks) {
  std::vector<slot> slots;
  for (const int rank : ranks) slots.push_back(nth(first, rank));
  return slots;
}

void broadcast_phase(schedule& plan, const plan_request& request, const std::vector<slot>& what) {
  const binomial_tree place(request.rank, request.size, request.root);
  if (!place.is_root()) plan.rounds.push_back(receive_round(place.parent(), what));
  const std::vector<int> children = place.children();
  for (auto child = children.rbegin(); child != children.rend(); ++child) {
    plan.rounds.push_back(send_round(*child, what));
  }
}

void scatter_phase(schedule& plan, const plan_request& request, slot first) {
  const binomial_tree place(request.rank, request.size, request.root);
  if (!place.is_root()) {
    plan.rounds.push_back(receive_round(place.parent(), slots_of(first, place.below())));
  }
  const std::vector<int> children = place.children();
  for (auto child = children.rbegin(); child != children.rend(); ++child) {
    plan.rounds.push_back(send_round(*child, slots_of(first, place.below_child(*child))));
  }
}

}  // namespace cohort::collectives
