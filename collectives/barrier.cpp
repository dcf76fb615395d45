// Barrier by dissemination (Hensgen, Finkel and Manber, "Two algorithms for barrier
// synchronization", 1988): in round k every rank tells the rank 2^k further and hears from the rank
// 2^k before; after ⌈log2 n⌉ rounds each has heard, directly or not, from all.
//
// A failure is passed on in the same way: a rank that meets a dead one goes on to the last round,
// and says in each whose death it has met or heard of. So nobody waits for a rank that has given
// up, and whoever depends on the dead rank throws.
#include <cohort/communicator.hpp>
#include <cohort/error.hpp>

#include "runtime/communicator_state.hpp"
#include "runtime/internal_tags.hpp"
#include "runtime/report.hpp"

namespace cohort {

namespace {

constexpr int nobody = -1;

// One round. Returns the rank that has failed, as far as this rank knows afterwards.
int pass_on(runtime::communicator_state& internal, int dest, int source, int tag, int failed,
            const call& where) {
  try {
    detail::with_payload(failed, [&](const detail::payload& what) {
      runtime::send(internal, dest, tag, what, runtime::completion::standard, where, "barrier");
    });
  } catch (const rank_failed& failure) {
    failed = failure.peer();
  }
  int heard = nobody;
  try {
    runtime::receive(internal, source, tag, detail::incoming<int>(heard).place(), where, "barrier");
  } catch (const rank_failed& failure) {
    heard = failure.peer();
  }
  return heard != nobody ? heard : failed;
}

}  // namespace

void communicator::barrier(call where) const {
  runtime::communicator_state& comm = state(where);
  runtime::communicator_state& internal = comm.internal();
  const int size = internal.size();
  const int rank = internal.rank();
  int failed = nobody;
  int tag = runtime::internal_tag::barrier;
  for (int distance = 1; distance < size; distance *= 2, ++tag) {
    failed = pass_on(internal, (rank + distance) % size, (rank + size - distance) % size, tag,
                     failed, where);
  }
  if (failed != nobody) runtime::throw_rank_failed(comm, failed, "barrier", where);
}

}  // namespace cohort
