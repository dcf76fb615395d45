// Any number of ranks made a power of two, for algorithms that need one.
#pragma once

#include "collectives/schedule/schedule.hpp"

namespace cohort::collectives {

// p is the largest power of two that is not above n. Of the first 2 (n − p) ranks, each pair
// (2i, 2i + 1) acts as one; the ranks after them act for themselves. So each of the p actors stands
// for an interval of ranks, in their order. Rabenseifner and Träff, "More efficient reduction
// algorithms for non-power-of-two number of processors", EuroPVM/MPI 2004, section 2.
class fold {
 public:
  // The odd rank of a pair acts, unless the even one is `chosen`.
  explicit fold(const plan_request& request, int chosen = -1);

  bool acts() const { return acts_; }
  // The other of the pair, or −1.
  int partner() const { return partner_; }
  int rank() const { return rank_; }
  int actors() const { return actors_; }
  // The number of this rank, or of its pair, among the actors.
  int self() const { return actor_for(rank_); }
  int actor_for(int rank) const { return rank < 2 * pairs_ ? rank / 2 : rank - pairs_; }
  int rank_of(int actor) const;

 private:
  int rank_;
  int actors_;
  int pairs_;
  int chosen_;
  int partner_ = -1;
  bool acts_ = true;
};

}  // namespace cohort::collectives
