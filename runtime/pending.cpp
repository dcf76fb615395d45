#include "runtime/pending.hpp"

namespace cohort::runtime {

void describe_send(operation& send, communicator_state& comm, int dest, int tag,
                   const payload& what, bool synchronous, const call& where, const char* name) {
  send.what = operation::kind::send;
  send.member = static_cast<std::int32_t>(comm.member_of(dest));
  send.tag = tag;
  send.context = comm.context();
  send.what_to_send = what;
  send.synchronous = synchronous;
  send.communicator = &comm;
  send.why = {name, dest, tag, comm.context(), where.site};
}

void take_back(endpoint& home, operation& receive) {
  if (receive.complete()) return;
  if (receive.cooperating) home.wire().part(*receive.incoming);
  if (!home.engine().unpost(receive)) home.engine().give_back(receive);
  receive.end(outcome::cancelled);
}

}  // namespace cohort::runtime
