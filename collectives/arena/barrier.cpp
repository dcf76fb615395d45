// The barrier: one post of each rank, which all read. Among many ranks, up and down a tree.
#include "collectives/arena/algorithms.hpp"

namespace cohort::collectives::arena {

namespace {

// Up to here everyone reads every post: no rank waits for a rank that waits.
constexpr int most_flat = 32;
constexpr int children = 16;

}  // namespace

void barrier(board& shared, const detail::collective_call&) {
  const int n = shared.size();
  if (n <= most_flat) {
    shared.pass();
    shared.await_everyone();
    return;
  }
  // Rank r's children are 16 r + 1 to 16 r + 16. Upwards a rank posts when its children have.
  const int me = shared.rank();
  shared.next();
  for (int child = children * me + 1; child <= children * (me + 1) && child < n; ++child) {
    shared.of(child);
  }
  shared.publish(form::nothing, 0);
  // Downwards, when its parent has: all have come.
  shared.next();
  if (me != 0) shared.of((me - 1) / children);
  shared.publish(form::nothing, 0);
}

}  // namespace cohort::collectives::arena
