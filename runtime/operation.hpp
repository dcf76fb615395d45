// A pending send or receive, and a message on its way: what the matching engine and the wires pass
// between them. All of it is private memory of one process.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/detail/transport.hpp>

#include "runtime/activity.hpp"
#include "runtime/envelope.hpp"
#include "runtime/intrusive_list.hpp"
#include "runtime/member.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

namespace cohort::runtime {

class communicator_state;

// How an operation ended. What is not `done` or `cancelled` is thrown by the call that waits.
enum class outcome : std::uint8_t {
  pending,
  done,
  cancelled,
  wrong_type,    // receive: the message, which is kept, has another element type
  wrong_length,  // receive: the message, which is kept, does not fit
  peer_gone,     // the other side is dead or has left
  lost,          // receive of a matched probe: its sender has taken the message back, or is gone
  failed,        // `problem` says why: no memory for the message, …
};

inline constexpr std::int32_t any_member = -1;

constexpr bool well(outcome how) {
  return how == outcome::done || how == outcome::cancelled;
}

// What a call counts that waits for several operations, so that it need not look at each of them
// in every turn of its wait.
struct completion_count {
  std::size_t under_way = 0;
  bool any_ended = false;
  bool any_failed = false;

  void ended(outcome how) {
    any_ended = true;
    if (!well(how)) any_failed = true;
  }
};

// A send, a receive or a collective call, from its call until its request is collected. What every
// message needs comes first: it fills two cache lines.
struct operation {
  list_hook<operation> hook;  // the posted queue, or the wire's queue of sends

  enum class kind : std::uint8_t { receive, send, collective };
  kind what = kind::receive;
  outcome ended = outcome::pending;  // set by end()
  bool persistent = false;
  bool synchronous = false;  // send: ends only when it is received
  bool detached = false;     // send, collective: nobody holds a request; the runtime lets go of it
                             // at its end
  bool may_be_written = false;  // receive: in a blocking call without deadline, so that the sender
                                // may write to where the message goes
  bool probed = false;          // receive: of the message of a matched probe, and of no other
  bool started = true;          // persistent: start() was called
  bool null_peer = false;       // persistent: ends at once, with nobody
  bool cooperating = false;     // receive: the sender is writing; the call may not return

  // What it matches. `member` is the source, or any_member; of a send, the destination.
  std::int32_t member = any_member;
  std::int32_t tag = 0;
  std::uint32_t context = 0;
  std::uint64_t number = 0;                // order of posting
  completion_count* counted_by = nullptr;  // the call that waits for it and others

  // Receive: where to, and the message that is coming in.
  detail::sink where;
  std::byte* place = nullptr;  // what `where` came to
  arrival* incoming = nullptr;

  // What came of it.
  std::int32_t from = any_member;  // member
  std::int32_t message_tag = 0;
  std::uint32_t message_type = 0;
  std::uint64_t message_bytes = 0;

  // Send: what, borrowed from the caller or kept in `owned`.
  detail::payload what_to_send{};
  std::unique_ptr<byte_buffer> owned;
  std::shared_ptr<void> keep;    // whatever else must live as long as the operation
  std::uint64_t descriptor = 0;  // of the rendezvous offer; 0: none

  std::exception_ptr problem;

  // Collective: what moves it on.
  std::unique_ptr<activity> work;

  // For reports, and to turn members into ranks. A request's operation may outlive its
  // communicator's last handle, so it is counted there: communicator_state::operation_begins().
  wait_reason why{};
  communicator_state* communicator = nullptr;

  bool complete() const { return ended != outcome::pending; }
  void end(outcome how) {
    ended = how;
    may_be_written = false;
    if (completion_count* count = std::exchange(counted_by, nullptr)) {
      --count->under_way;
      count->ended(how);
    }
  }

  // As new, for the pool. What describe_send() and describe_receive() set anyway is left alone.
  void reset() {
    ended = outcome::pending;
    persistent = synchronous = detached = may_be_written = null_peer = cooperating = probed = false;
    started = true;
    incoming = nullptr;
    descriptor = 0;
    if (owned || keep || work || problem) [[unlikely]]
      release();
    communicator = nullptr;
  }

 private:
  [[gnu::noinline]] void release() {
    owned.reset();
    keep.reset();
    work.reset();
    problem = nullptr;
  }
};

class transfer_source;

// A message that has come, or is coming, and is more than one matched line: in the unexpected
// queue until a receive takes it, then on its way to where that receive wants it.
struct arrival {
  list_hook<arrival> by_source;
  list_hook<arrival> by_time;
  list_hook<arrival> transfer;  // the wire's list of copies under way

  std::uint32_t source = 0;  // member
  envelope header{};
  std::uint64_t length = 0;
  std::uint64_t number = 0;   // order of arrival
  std::byte* data = nullptr;  // where the bytes go; nullptr for an offer that nobody takes yet
  std::uint64_t done = 0;     // bytes that are there
  byte_buffer storage;        // what `data` points into while no receive has taken it
  operation* receiver = nullptr;
  bool held = false;  // taken out of the queue by a matched probe

  // Of an offer: who brings the bytes, and that wire's books.
  transfer_source* offer = nullptr;
  std::uint64_t descriptor = 0;
  std::uint64_t address = 0;    // in the sender's memory, as of `ticket`
  std::uint32_t ticket = 0;     // of the offer, as last read
  bool streaming = false;       // the sender sends it in blocks
  bool together = false;        // both sides copy
  bool unreadable = false;      // some of it could not be read: it must be streamed
  bool stuck = false;           // its sender's process has ended; the news of it is on its way
  std::uint64_t own_bytes = 0;  // copied by us while both sides copy

  bool whole() const { return done == length; }
  void reset() { *this = arrival(); }
};

// A wire, as seen by the engine when an offer is taken or refused.
class transfer_source {
 public:
  // Brings the bytes of `message` to message.data; then tells engine::arrived().
  virtual void fetch(arrival& message) = 0;
  // A receive gave back the message that it had begun to take. After this, message.data is not
  // written any more, and the message can be fetched again.
  virtual void interrupt(arrival& message) = 0;
  // False where the sender has taken the offer back and the word of it is still under way.
  virtual bool stands(const arrival& message) const = 0;

 protected:
  ~transfer_source() = default;
};

}  // namespace cohort::runtime
