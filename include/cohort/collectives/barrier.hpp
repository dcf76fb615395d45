// barrier: nobody goes on before everybody has come.
#pragma once

#include <cohort/detail/collective_part.hpp>

namespace cohort {

// Starts a barrier; the request ends when every rank of `comm` has started it. The blocking form is
// communicator::barrier.
//   auto all_here = ibarrier(world);
//   compute(); all_here.wait();
inline request ibarrier(const communicator& comm, call where = {}) {
  return detail::starting(comm, "ibarrier", where)({detail::collective::barrier},
                                                   detail::nothing_given(), detail::nothing_got());
}

}  // namespace cohort
