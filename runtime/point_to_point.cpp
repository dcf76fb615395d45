// Blocking sends and receives.
#include <cohort/constants.hpp>
#include <cohort/detail/core.hpp>

#include "runtime/pending.hpp"
#include "runtime/report.hpp"

namespace cohort::runtime {

namespace {

// Looks at the ring alone before a receive is queued: about what a message needs that is under way.
constexpr int looks_before_posting = 400;

message_facts nothing_from_nobody(int tag) {
  message_facts facts;
  facts.source = null_rank;
  facts.tag = tag;
  return facts;
}

// The shortest way of a small message whose sender is named: from the ring's line to the user.
bool receive_at_once(communicator_state& comm, std::uint32_t member, int tag, const sink& place,
                     message_facts& facts) {
  endpoint& home = comm.home();
  if (!home.engine().idle(member)) return false;
  const int looks =
      home.level() == threading::multiple ? 1 : home.patient_looks(looks_before_posting);
  for (int look = 0; look < looks; ++look) {
    const auto seen = home.wire().try_receive(member, comm.context(), tag, place, facts);
    if (seen != shm_wire::glance::nothing) return seen == shm_wire::glance::received;
  }
  return false;
}

// Ends the wait for a send on the stack of this call: by the time this returns or throws, nobody
// looks at it any more.
void finish_send(communicator_state& comm, operation& send, deadline limit) {
  endpoint& home = comm.home();
  try {
    if (!home.wait([&] { return send.complete(); }, send.why, limit)) home.wire().withdraw(send);
  } catch (...) {
    if (!send.complete()) home.wire().withdraw(send);
    throw;
  }
  if (send.ended == outcome::cancelled) throw_timeout(comm, send.why);
  if (send.ended != outcome::done) throw_ended(comm, send);
}

// The same for a receive.
void finish_receive(communicator_state& comm, operation& receive, deadline limit) {
  endpoint& home = comm.home();
  bool in_time = false;
  try {
    in_time = home.wait([&] { return receive.complete(); }, receive.why, limit);
  } catch (...) {
    take_back(home, receive);
    throw;
  }
  if (!in_time) {
    take_back(home, receive);
    throw_timeout(comm, receive.why);
  }
  if (receive.ended != outcome::done) throw_ended(comm, receive);
}

}  // namespace

void send(communicator_state& comm, int dest, int tag, const payload& what, completion how,
          const call& where, const char* name) {
  endpoint& home = comm.home();
  home.check_usable(name, where);
  check_destination(comm, dest, tag, name, where);
  if (dest == null_rank) return;
  const endpoint::guard lock(home);
  home.note_type(*what.type);
  home.keep_up();
  const std::uint32_t member = comm.member_of(dest);
  const bool synchronous = how == completion::synchronous || comm.strict();
  if (!synchronous) {
    const envelope header{tag, comm.context(), what.type->id};
    if (home.wire().try_send(member, header, what)) [[likely]]
      return;
  }
  operation under_way;
  describe_send(under_way, comm, dest, tag, what, synchronous, where, name);
  home.wire().start(under_way);
  finish_send(comm, under_way, where.limit);
}

message_facts receive(communicator_state& comm, int source, int tag, const sink& place,
                      const call& where, const char* name) {
  endpoint& home = comm.home();
  home.check_usable(name, where);
  check_source(comm, source, tag, name, where);
  if (source == null_rank) return nothing_from_nobody(tag);
  const endpoint::guard lock(home);
  if (source != any_source) {
    message_facts facts;
    if (receive_at_once(comm, comm.member_of(source), tag, place, facts)) {
      facts.source = source;
      return facts;
    }
  }
  operation under_way;
  describe_receive(under_way, comm, source, tag, place, where, name);
  under_way.may_be_written = where.limit.never();
  post(home, under_way);
  finish_receive(comm, under_way, where.limit);
  return facts_of(comm, under_way);
}

message_facts send_and_receive(communicator_state& comm, int dest, int send_tag,
                               const payload& what, int source, int receive_tag, const sink& place,
                               const call& where, const char* name) {
  endpoint& home = comm.home();
  home.check_usable(name, where);
  check_destination(comm, dest, send_tag, name, where);
  check_source(comm, source, receive_tag, name, where);
  const endpoint::guard lock(home);
  home.note_type(*what.type);
  operation incoming;
  const bool receives = source != null_rank;
  if (receives) {
    describe_receive(incoming, comm, source, receive_tag, place, where, name);
    post(home, incoming);
  }
  // Whatever ends this call early must take the receive back: it lives on this stack, and a message
  // that it has received already would be lost with it.
  try {
    if (dest != null_rank) {
      operation outgoing;
      describe_send(outgoing, comm, dest, send_tag, what, comm.strict(), where, name);
      home.wire().start(outgoing);
      finish_send(comm, outgoing, where.limit);
    }
  } catch (...) {
    if (receives && incoming.ended == outcome::done)
      home.engine().undo(incoming);
    else if (receives)
      take_back(home, incoming);
    throw;
  }
  if (!receives) return nothing_from_nobody(receive_tag);
  finish_receive(comm, incoming, where.limit);
  return facts_of(comm, incoming);
}

void return_message(communicator_state& comm, const message_facts& facts,
                    std::span<const std::byte> bytes) {
  const endpoint::guard lock(comm.home());
  operation received;
  received.from = static_cast<std::int32_t>(comm.member_of(facts.source));
  received.context = comm.context();
  received.message_tag = facts.tag;
  received.message_type = facts.type;
  received.message_bytes = bytes.size();
  received.place = const_cast<std::byte*>(bytes.data());  // only read
  comm.home().engine().undo(received);
}

message_facts receive_matched(communicator_state& comm, arrival*& message, const sink& place,
                              const call& where) {
  endpoint& home = comm.home();
  home.check_usable("recv", where);
  const endpoint::guard lock(home);
  operation under_way;
  const int source = comm.rank_of(static_cast<std::int32_t>(message->source));
  describe_receive(under_way, comm, source, message->header.tag, place, where, "recv");
  const bool taken = home.engine().receive_held(*message, under_way);
  if (taken) message = nullptr;
  finish_receive(comm, under_way, where.limit);
  return facts_of(comm, under_way);
}

}  // namespace cohort::runtime
