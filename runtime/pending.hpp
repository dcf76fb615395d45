// Operations in the making: filling them in, queueing them, taking them back.
#pragma once

#include <cohort/detail/core.hpp>

#include "runtime/communicator_state.hpp"
#include "runtime/operation.hpp"

namespace cohort::runtime {

void describe_send(operation& send, communicator_state& comm, int dest, int tag,
                   const payload& what, bool synchronous, const call& where, const char* name);
void describe_receive(operation& receive, communicator_state& comm, int source, int tag,
                      const sink& place, const call& where, const char* name);

// Queues a receive, and ends it if nobody is left to answer it.
void post(endpoint& home, operation& receive);
// Ends a pending receive without a message; one that was on its way goes back to the queue, where
// the next receive finds it. While the sender writes into the receive's memory, waits for it to
// leave.
void take_back(endpoint& home, operation& receive);
// What the user is told of an operation that is done.
message_facts facts_of(const communicator_state& comm, const operation& ended);

}  // namespace cohort::runtime
