// Probes: looking at the next message without receiving it, and taking it out of the queue.
#include <cohort/constants.hpp>
#include <cohort/detail/core.hpp>

#include "runtime/report.hpp"

namespace cohort::runtime {

namespace {

message_facts facts_of_message(const communicator_state& comm, const arrival& message) {
  message_facts facts;
  facts.source = comm.rank_of(static_cast<std::int32_t>(message.source));
  facts.tag = message.header.tag;
  facts.type = message.header.type;
  facts.bytes = message.length;
  return facts;
}

std::int32_t wanted_member(const communicator_state& comm, int source) {
  return source == any_source ? any_member : static_cast<std::int32_t>(comm.member_of(source));
}

// Who is gone, so that nothing can come any more; any_member where there is hope.
std::int32_t blocking_member(const communicator_state& comm, std::int32_t member) {
  if (member == any_member) return comm.blocks_any_source();
  return terminal(comm.home().gone(static_cast<std::uint32_t>(member))) ? member : any_member;
}

// The message that a receive would get; an offer that was taken back is none.
arrival* find_standing(endpoint& home, std::int32_t member, int tag, std::uint32_t context) {
  arrival* found = home.engine().find(member, tag, context);
  while (found && found->offer && !found->offer->stands(*found)) {
    // The sender's word is in its ring, or will be: until then there is nothing to tell of.
    if (!home.progress()) return nullptr;
    found = home.engine().find(member, tag, context);
  }
  return found;
}

// Waits for a message to be in the unexpected queue; nullptr for the null rank.
arrival* await_message(communicator_state& comm, int source, int tag, const char* name,
                       const call& where) {
  endpoint& home = comm.home();
  const std::int32_t member = wanted_member(comm, source);
  const wait_reason why{name, source, tag, comm.context(), where.site};
  arrival* found = nullptr;
  std::int32_t gone = any_member;
  const bool in_time = home.wait(
      [&] {
        found = find_standing(home, member, tag, comm.context());
        if (found) return true;
        gone = blocking_member(comm, member);
        if (gone == any_member) return false;
        if (member == any_member) {
          home.take_own_messages();
          found = find_standing(home, member, tag, comm.context());
        }
        return true;
      },
      why, where.limit);
  if (found) return found;
  if (!in_time) throw_timeout(comm, why);
  throw_rank_failed(comm, gone, why);
}

arrival* look_for_message(communicator_state& comm, int source, int tag) {
  endpoint& home = comm.home();
  const std::int32_t member = wanted_member(comm, source);
  if (arrival* found = find_standing(home, member, tag, comm.context())) return found;
  home.progress();
  return find_standing(home, member, tag, comm.context());
}

message_facts nobody() {
  message_facts facts;
  facts.source = null_rank;
  facts.tag = any_tag;
  return facts;
}

}  // namespace

message_facts probe(communicator_state& comm, int source, int tag, const call& where) {
  comm.home().check_usable("probe", where);
  check_source(comm, source, tag, "probe", where);
  if (source == null_rank) return nobody();
  const endpoint::guard lock(comm.home());
  return facts_of_message(comm, *await_message(comm, source, tag, "probe", where));
}

std::optional<message_facts> try_probe(communicator_state& comm, int source, int tag,
                                       const call& where) {
  comm.home().check_usable("iprobe", where);
  check_source(comm, source, tag, "iprobe", where);
  if (source == null_rank) return nobody();
  const endpoint::guard lock(comm.home());
  const arrival* found = look_for_message(comm, source, tag);
  if (!found) return std::nullopt;
  return facts_of_message(comm, *found);
}

arrival* matched_probe(communicator_state& comm, int source, int tag, message_facts& facts,
                       const call& where) {
  comm.home().check_usable("mprobe", where);
  check_source(comm, source, tag, "mprobe", where);
  facts = nobody();
  if (source == null_rank) return nullptr;
  const endpoint::guard lock(comm.home());
  arrival* found = await_message(comm, source, tag, "mprobe", where);
  comm.home().engine().hold(*found);
  facts = facts_of_message(comm, *found);
  return found;
}

arrival* try_matched_probe(communicator_state& comm, int source, int tag, message_facts& facts,
                           const call& where) {
  comm.home().check_usable("improbe", where);
  check_source(comm, source, tag, "improbe", where);
  facts = nobody();
  if (source == null_rank) return nullptr;
  const endpoint::guard lock(comm.home());
  arrival* found = look_for_message(comm, source, tag);
  if (!found) return nullptr;
  comm.home().engine().hold(*found);
  facts = facts_of_message(comm, *found);
  return found;
}

void release_matched(communicator_state& comm, arrival& message) noexcept {
  const endpoint::guard lock(comm.home());
  comm.home().engine().release_held(message);
}

}  // namespace cohort::runtime
