// Which ranks act, and for whom.
#include "collectives/algorithms/fold.hpp"

#include <bit>

namespace cohort::collectives {

fold::fold(const plan_request& request, int chosen)
    : rank_(request.rank),
      actors_(static_cast<int>(std::bit_floor(static_cast<unsigned>(request.size)))),
      pairs_(request.size - actors_),
      chosen_(chosen) {
  if (rank_ >= 2 * pairs_) return;
  partner_ = rank_ ^ 1;
  acts_ = rank_of(rank_ / 2) == rank_;
}

int fold::rank_of(int actor) const {
  if (actor >= pairs_) return actor + pairs_;
  return chosen_ == 2 * actor ? chosen_ : 2 * actor + 1;
}

}  // namespace cohort::collectives
