// Operations in the making: filling them in, queueing them, taking them back.
#pragma once

#include <cohort/constants.hpp>
#include <cohort/detail/core.hpp>

#include "runtime/communicator_state.hpp"
#include "runtime/operation.hpp"

namespace cohort::runtime {

void describe_send(operation& send, communicator_state& comm, int dest, int tag,
                   const payload& what, bool synchronous, const call& where, const char* name);
inline void describe_receive(operation& receive, communicator_state& comm, int source, int tag,
                             const sink& place, const call& where, const char* name) {
  receive.what = operation::kind::receive;
  receive.member =
      source == any_source ? any_member : static_cast<std::int32_t>(comm.member_of(source));
  receive.tag = tag;
  receive.context = comm.context();
  receive.where = place;
  receive.why = {name, source, tag, comm.context(), where.site};
  receive.communicator = &comm;
}

// Queues a receive, and ends it if nobody is left to answer it.
inline void post(endpoint& home, operation& receive) {
  // First what may throw: a receive that is queued must not outlive its call.
  if (home.deaths_pending()) [[unlikely]]
    home.notice_deaths();
  home.engine().post(receive);
  if (receive.complete() || receive.incoming) return;
  home.judge(receive);
}
// A request for work that goes on in the background. The caller holds the endpoint's guard.
pending start_activity(const std::shared_ptr<communicator_state>& comm,
                       std::unique_ptr<activity> work, const wait_reason& why);
// Ends a pending receive without a message; one that was on its way goes back to the queue, where
// the next receive finds it. While the sender writes into the receive's memory, waits for it to
// leave.
void take_back(endpoint& home, operation& receive);
// What the user is told of an operation that is done.
inline message_facts facts_of(const communicator_state& comm, const operation& ended) {
  message_facts facts;
  facts.cancelled = ended.ended == outcome::cancelled;
  if (ended.null_peer) {
    facts.source = null_rank;
  } else if (ended.what == operation::kind::collective) {
    facts.source = any_source;
    facts.tag = any_tag;
  } else if (ended.what == operation::kind::send) {
    facts.source = comm.rank();
    facts.tag = ended.tag;
    facts.type = ended.what_to_send.type->id;
    facts.bytes = ended.what_to_send.bytes;
  } else {
    facts.source = comm.rank_of(ended.from);
    facts.tag = ended.message_tag;
    facts.type = ended.message_type;
    facts.bytes = ended.message_bytes;
  }
  return facts;
}

}  // namespace cohort::runtime
