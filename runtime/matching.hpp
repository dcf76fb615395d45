// The matching engine: posted receives on one side, messages of every wire on the other.
//
// Semantics are the MPI standard's. Two messages of one sender on one communicator are received in
// the order in which they were sent by receives that match both; a message goes to the receive
// posted first among those that match; contexts never mix.
#pragma once

#include "runtime/operation.hpp"
#include "runtime/pool.hpp"

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace cohort::runtime {

class matching_engine {
 public:
  explicit matching_engine(std::uint32_t members) : sources_(members) {}

  // Receives. ----------------------------------------------------------------------------------

  // Takes the first unexpected message that matches, or queues the receive. The receive may have
  // ended when this returns.
  void post(operation& receive) {
    receive.ended = outcome::pending;
    receive.number = ++posts_;
    if (receive.member != any_member) [[likely]] {
      per_source& source = sources_[static_cast<std::uint32_t>(receive.member)];
      if (source.unexpected.empty()) {
        source.posted.push_back(receive);
        return;
      }
    }
    match(receive);
  }
  // Takes a receive out of the queue. False if a message has been matched to it already.
  bool unpost(operation& receive);
  // Gives back the message that a receive has begun to take, so that another can have it; the
  // receive is no longer pending on it.
  void give_back(operation& receive);

  // Gives back the message of a receive that is done but whose caller will not learn of it.
  void undo(operation& receive);

  // The first unexpected message that matches; nullptr if none has come.
  arrival* find(std::int32_t member, std::int32_t tag, std::uint32_t context) const;
  // Matched probe: takes a message out of the queue, for receive_held().
  void hold(arrival& message);
  // A matched probe's message to `receive`. False, and the message stays held, if it does not suit.
  bool receive_held(arrival& message, operation& receive);
  // Puts a held message back to where it was in the queue.
  void release_held(arrival& message);

  // Whether a message of `member` could only go to a receive that is posted from now on.
  bool idle(std::uint32_t member) const {
    return sources_[member].posted.empty() && posted_any_.empty() &&
           sources_[member].unexpected.empty();
  }

  // Messages, as a wire brings them. ------------------------------------------------------------

  // A whole message of up to inline_bytes.
  void deliver(std::uint32_t member, const envelope& header, const std::byte* bytes,
               std::uint32_t length);
  // A message of `length` bytes whose bytes follow: they belong at message.data, and whoever brings
  // them advances message.done. At the end, arrived().
  arrival& begin(std::uint32_t member, const envelope& header, std::uint64_t length);
  // The message is whole. The reference is dead afterwards.
  void arrived(arrival& message);
  // A message that is not known to anybody yet; for offers, whose wire fills in its part.
  arrival& create(std::uint32_t member, const envelope& header, std::uint64_t length);
  // An offer: its bytes come when a receive takes it, by message.offer->fetch(). That may be now.
  void offered(arrival& message);
  // The message will not come after all (its sender died or took it back). A receive that had
  // taken it is posted again, at the place it had. The reference is dead afterwards.
  void lost(arrival& message);

  // Whether a receive was posted again since the last call: whoever judges receives looks again.
  bool take_reposted() { return std::exchange(reposted_, false); }

  // Death. --------------------------------------------------------------------------------------

  // Ends the receives that name `member`, and drops its messages that can't become whole. All that
  // it had sent must have been brought here before.
  void source_gone(std::uint32_t member);
  // The posted receives from any source, for the caller to judge.
  template <class F>
  void for_each_any_source(F&& f) {
    for (operation* r = posted_any_.front(); r;) {
      operation* next = posted_list::after(*r);
      f(*r);
      r = next;
    }
  }
  // Ends a queued receive.
  void end_posted(operation& receive, outcome how, std::int32_t from);

  // Unexpected messages of `member` on `context`, for reports: calls f(tag, type, bytes).
  template <class F>
  void for_each_unexpected(std::int32_t member, std::uint32_t context, F&& f) const {
    for (arrival* m = by_time_.front(); m; m = time_list::after(*m)) {
      if (m->header.context != context) continue;
      if (member != any_member && m->source != static_cast<std::uint32_t>(member)) continue;
      f(*m);
    }
  }

 private:
  using posted_list = intrusive_list<operation, &operation::hook>;
  using source_list = intrusive_list<arrival, &arrival::by_source>;
  using time_list = intrusive_list<arrival, &arrival::by_time>;

  struct per_source {
    posted_list posted;      // receives that name this source
    source_list unexpected;  // its messages, oldest first
  };

  void deliver_otherwise(std::uint32_t member, const envelope& header, const std::byte* bytes,
                         std::uint32_t length);
  operation* take_posted(std::uint32_t member, const envelope& header);
  posted_list& queue_of(const operation& receive) {
    return receive.member == any_member
               ? posted_any_
               : sources_[static_cast<std::uint32_t>(receive.member)].posted;
  }
  void match(operation& receive);
  void give(arrival& message);
  void enqueue(arrival& message);
  void dequeue(arrival& message);
  void couple(arrival& message, operation& receive);
  void take_offer(arrival& message, operation& receive, std::byte* place);

  std::vector<per_source> sources_;
  posted_list posted_any_;
  time_list by_time_;
  std::uint64_t posts_ = 0;
  std::uint64_t arrivals_seen_ = 0;
  bool reposted_ = false;
  pool<arrival> arrivals_;
};

}  // namespace cohort::runtime
