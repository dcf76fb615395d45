#include <cohort/communicator.hpp>
#include <cohort/detail/collective.hpp>

namespace cohort {

void communicator::barrier(call where) const {
  runtime::run_collective(state(where), {.what = detail::collective::barrier, .name = "barrier"},
                          where);
}

}  // namespace cohort
