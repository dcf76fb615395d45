// A rank's place in the binomial tree around a root, and the phases that go along it.
#pragma once

#include "collectives/algorithms/build.hpp"

#include <vector>

namespace cohort::collectives {

// Ranks are counted from the root on, around the end: position 0 is the root's. The parent of a
// position is the position with its lowest bit cleared; so the tree below position p, of which the
// lowest bit is 2^k, is the interval [p, p + 2^k), cut off at the number of ranks.
class binomial_tree {
 public:
  binomial_tree(int rank, int size, int root);

  bool is_root() const { return position_ == 0; }
  int parent() const { return rank_at(position_ & (position_ - 1)); }
  // Ascending: the k-th child has up to 2^k ranks below and with it.
  std::vector<int> children() const;
  // The ranks below and with the one at this place, in the order of positions.
  std::vector<int> below() const { return below(position_); }
  bool has_below(int rank) const {
    const int position = wrapped(rank - root_, size_);
    return position >= position_ && position < end_of(position_);
  }
  std::vector<int> below_child(int child) const { return below(wrapped(child - root_, size_)); }

 private:
  int rank_at(int position) const { return wrapped(position + root_, size_); }
  int end_of(int position) const;
  std::vector<int> below(int position) const;

  int size_;
  int root_;
  int position_;
};

// Slot first + r for each of these ranks.
std::vector<slot> slots_of(slot first, const std::vector<int>& ranks);

// From the root to all, the largest subtree first: after ⌈log2 n⌉ steps all have the slots.
void broadcast_phase(schedule& plan, const plan_request& request, const std::vector<slot>& what);

// Slot first + r goes from the root to rank r.
void scatter_phase(schedule& plan, const plan_request& request, slot first);

}  // namespace cohort::collectives
