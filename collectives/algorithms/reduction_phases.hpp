// The phases that reductions are put together from. All keep the order of ranks: only values of
// adjacent intervals of ranks are combined.
#pragma once

#include "collectives/algorithms/fold.hpp"
#include "collectives/algorithms/operands.hpp"

#include <functional>
#include <vector>

namespace cohort::collectives {

// All ranks' values up a binomial tree, to the root.
void tree_phase(schedule& plan, operands& values, const plan_request& request);

// Of each pair, the values of both to the rank that acts.
void fold_in(schedule& plan, operands& values, const fold& among);
// These values from the rank that acts to the other of its pair.
void fold_out(schedule& plan, operands& values, const fold& among, const std::vector<int>& wanted);

// Actors at distance 1, 2, 4, … exchange all values and combine them.
void doubling_phase(schedule& plan, operands& values, const fold& among);

// Actors at distance 1, 2, 4, … exchange the halves that the other keeps, and combine: in the end
// actor a has the values v with keeper(v) == a. (The usual order of distances is the other way
// round; this one keeps the intervals of ranks adjacent.)
void halving_phase(schedule& plan, operands& values, const fold& among,
                   const std::function<int(int)>& keeper);

// Value a of each actor a to all actors, or to one of them: halving_phase backwards.
void regather_phase(schedule& plan, operands& values, const fold& among);
void regather_phase(schedule& plan, operands& values, const fold& among, int to_actor);

}  // namespace cohort::collectives
