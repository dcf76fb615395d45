// Barrier by dissemination (Hensgen, Finkel and Manber, "Two algorithms for barrier
// synchronization", 1988): in round k every rank tells the rank 2^k further and hears from the rank
// 2^k before; after ⌈log2 n⌉ rounds each has heard, directly or not, from all.
#include <cohort/communicator.hpp>

#include "runtime/communicator_state.hpp"
#include "runtime/internal_tags.hpp"

namespace cohort {

void communicator::barrier(call where) const {
  runtime::communicator_state& internal = state(where).internal();
  const int size = internal.size();
  const int rank = internal.rank();
  const detail::payload empty{&detail::anything_type, nullptr, 0};
  int tag = runtime::internal_tag::barrier;
  for (int distance = 1; distance < size; distance *= 2, ++tag) {
    runtime::send(internal, (rank + distance) % size, tag, empty, runtime::completion::standard,
                  where, "barrier");
    runtime::receive(internal, (rank + size - distance) % size, tag, detail::nothing(), where,
                     "barrier");
  }
}

}  // namespace cohort
