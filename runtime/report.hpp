// The words of the errors of communication: what happened, where, and what to do.
#pragma once

#include <cohort/call.hpp>
#include <cohort/error.hpp>

#include "runtime/communicator_state.hpp"
#include "runtime/operation.hpp"

#include <string>

namespace cohort::runtime {

error_context context_of(const communicator_state& comm, const wait_reason& why);

// Throw what is wrong with a rank or tag, if anything is; null_rank is not.
void examine_destination(const communicator_state& comm, int dest, int tag, const char* name,
                         const call& where);
void examine_source(const communicator_state& comm, int source, int tag, const char* name,
                    const call& where);

// Check the arguments of a call on a communicator.
inline void check_destination(const communicator_state& comm, int dest, int tag, const char* name,
                              const call& where) {
  if (dest < 0 || dest >= comm.size() || tag < 0) [[unlikely]] {
    examine_destination(comm, dest, tag, name, where);
  }
}
inline void check_source(const communicator_state& comm, int source, int tag, const char* name,
                         const call& where) {
  if (source < 0 || source >= comm.size() || tag < 0) [[unlikely]] {
    examine_source(comm, source, tag, name, where);
  }
}

// Throws what an operation that did not end well has to say. The message, where there is one, is
// in the unexpected queue by now.
[[noreturn]] void throw_ended(communicator_state& comm, const operation& ended);
// Throws rank_failed: a call needs a member that is gone. The user counts as told of it.
[[noreturn]] void throw_rank_failed(communicator_state& comm, std::int32_t member,
                                    const wait_reason& why);
// The same for a collective call, which may have heard of the failure from another rank; outside
// any guard. `rank` is the failed one's in `comm`.
[[noreturn]] void throw_rank_failed(communicator_state& comm, int rank, const char* name,
                                    const call& where);
// Throws timeout_error: what was waited for, and what is there instead.
[[noreturn]] void throw_timeout(communicator_state& comm, const wait_reason& why);

}  // namespace cohort::runtime
