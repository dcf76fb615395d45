// The shm wire's long messages, the receiver's side: one copy by the kernel, by the receiver alone
// or by both sides at once; or blocks through the ring where the kernel does not allow it.
#include "runtime/process_copy.hpp"
#include "runtime/shm_wire.hpp"
#include "runtime/transfer_piece.hpp"

#include <algorithm>
#include <cstring>

#include <sched.h>

namespace cohort::runtime {

namespace {

// Copied between two looks at everything else.
constexpr std::uint64_t bytes_per_poll = 4 << 20;

}  // namespace

// Whether the member's memory can be read, where that is wanted.
bool shm_wire::shows_cookie(std::uint32_t member) const {
  return chosen_.single_copy && may_read_memory(*memory_, member);
}

// Probed once per pair.
bool shm_wire::may_read(shm_channel& c) {
  if (c.may_read == shm_channel::permission::unknown) {
    c.may_read = shows_cookie(c.peer) ? shm_channel::permission::yes : shm_channel::permission::no;
  }
  return c.may_read == shm_channel::permission::yes;
}

void shm_wire::fetch(arrival& message) {
  shm_channel& c = channel(message.source);
  offer& o = *memory_->at<offer>(message.descriptor);
  message.done = message.own_bytes = 0;
  message.together = message.unreadable = message.stuck = false;
  if (!may_read(c)) {
    ask_for_stream(message);
    return;
  }
  copies_.push_back(message);
  unfinished_ = true;
  operation& receive = *message.receiver;
  // A sender that does not hear of it at once could not help much.
  const bool heard = c.controls.empty() && c.out.has_room();
  if (heard && receive.may_be_written && message.length >= together_minimum) {
    message.together = receive.cooperating = true;
    o.target.store(reinterpret_cast<std::uint64_t>(message.data), std::memory_order_relaxed);
    o.declined.store(0, std::memory_order_relaxed);
    o.written.store(0, std::memory_order_relaxed);
    // Release: a sender that still helps with an earlier attempt claims pieces of this one as soon
    // as it sees this, and must write them to the new target.
    o.next_piece.store(0, std::memory_order_release);
    send_control(c, form::help, {message.descriptor});
  } else if (message.length <= together_minimum) {
    copy_alone(message);
  }
}

void shm_wire::interrupt(arrival& message) {
  // A message that is streamed goes on coming; its bytes are kept by the engine from now on.
  if (message.streaming) return;
  copies_.remove(message);
  message.data = nullptr;
  message.done = 0;
}

bool shm_wire::stands(const arrival& message) const {
  const offer& o = *memory_->at<offer>(message.descriptor);
  return state_of(o.ticket.load(std::memory_order_acquire)) != offer_state::withdrawn;
}

void shm_wire::ask_for_stream(arrival& message) {
  message.streaming = true;
  message.together = false;
  message.done = 0;
  copies_.remove(message);
  if (message.length == 0) {
    settle(message);
    return;
  }
  send_control(channel(message.source), form::stream, {message.descriptor});
}

void shm_wire::take_chunk(shm_channel& c, const chunk_body& body) {
  const auto found = incoming_.find(body.descriptor);
  if (found == incoming_.end() || !found->second) return;
  arrival& message = *found->second;
  if (!message.streaming || message.source != c.peer) return;
  if (body.bytes > message.length - message.done) damaged(c, "more bytes than a message has");
  std::memcpy(message.data + message.done, memory_->at<std::byte>(body.offset, body.bytes),
              body.bytes);
  message.done += body.bytes;
  if (message.whole()) settle(message);
}

bool shm_wire::move_copies() {
  bool moved = false;
  for (std::size_t i = 0; i < helping_.size();) {
    if (help(helping_[i])) {
      moved = true;
      ++i;
    } else {
      helping_.erase(helping_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  for (arrival* m = copies_.front(); m;) {
    arrival* next = copies_.after(*m);  // settling one frees it but leaves the others
    if (m->together ? copy_together(*m) : copy_alone(*m)) moved = true;
    m = next;
  }
  return moved;
}

// True if anything was copied. The offer itself is not looked at before the bytes are here: its
// line comes from the sender's cache meanwhile, and settle() finds out whether it still stood.
bool shm_wire::copy_alone(arrival& message) {
  offer& o = *memory_->at<offer>(message.descriptor);
  __builtin_prefetch(&o, 1);
  const std::uint64_t bytes = std::min(bytes_per_poll, message.length - message.done);
  switch (read_process(pid_of(message.source), message.data + message.done,
                       message.address + message.done, bytes)) {
    case copy_result::done:
      message.done += bytes;
      if (message.whole()) settle(message);
      return true;
    case copy_result::no_process:
      message.stuck = true;
      return false;
    case copy_result::refused:
      channel(message.source).may_read = shm_channel::permission::no;
      ask_for_stream(message);
      return true;
    case copy_result::bad_address: {
      // The sender took the message back or moved it meanwhile, or its memory can't be read by
      // others (a device's, say): then it copies by itself.
      const std::uint32_t ticket = o.ticket.load(std::memory_order_acquire);
      if (state_of(ticket) != offer_state::open)
        lose(message);
      else if (ticket != message.ticket)
        begin_again(message, ticket);
      else
        ask_for_stream(message);
      return true;
    }
  }
  return false;
}

// The bytes stand elsewhere since: what was copied is worth nothing. Should they move once more
// between the two loads, the ticket tells in the end.
void shm_wire::begin_again(arrival& message, std::uint32_t ticket) {
  message.ticket = ticket;
  message.address = memory_->at<offer>(message.descriptor)->address.load(std::memory_order_acquire);
  message.done = 0;
}

bool shm_wire::copy_together(arrival& message) {
  offer& o = *memory_->at<offer>(message.descriptor);
  for (int turn = 0; turn < pieces_per_poll; ++turn) {
    const piece p = claim_piece(o, message.length);
    if (p.bytes == 0) {
      // Acquire: pairs with the release of the sender's last piece.
      if (message.own_bytes + o.written.load(std::memory_order_acquire) < message.length) {
        return turn != 0;  // the sender is still at its last piece
      }
      // The sender has left our memory and will not claim another piece.
      message.together = message.receiver->cooperating = false;
      if (message.unreadable) {
        ask_for_stream(message);
      } else if (o.declined.load(std::memory_order_relaxed) != 0) {
        message.done = 0;  // copied anew, by us alone
      } else {
        message.done = message.length;
        settle(message);
      }
      return true;
    }
    if (read_process(pid_of(message.source), message.data + p.offset, message.address + p.offset,
                     p.bytes) != copy_result::done) {
      message.unreadable = true;
    }
    message.own_bytes += p.bytes;
  }
  return true;
}

void shm_wire::part(arrival& message) noexcept {
  offer& o = *memory_->at<offer>(message.descriptor);
  const std::uint64_t claimed = claim_rest(o, message.length);
  const shared_u64& written = o.written;
  // Acquire: pairs with the release of the sender's last piece, or the publication of its death.
  while (message.own_bytes + written.load(std::memory_order_acquire) < claimed &&
         !terminal(memory_->member(message.source).state.load(std::memory_order_acquire))) {
    ::sched_yield();
  }
  message.together = message.receiver->cooperating = false;
  // Pieces are claimed in ascending order, so what is here is a whole beginning.
  const bool complete = !message.unreadable && o.declined.load(std::memory_order_relaxed) == 0;
  message.done = complete ? claimed : 0;
}

// All bytes are here: they count if the offer still stands. False if it does not.
bool shm_wire::settle(arrival& message) {
  offer& o = *memory_->at<offer>(message.descriptor);
  // A pid may be another process's once its death was published. Not published by now, after the
  // copy: so we have read from the sender. (Acquire: pairs with the publication.)
  if (!message.streaming &&
      terminal(memory_->member(message.source).state.load(std::memory_order_acquire))) {
    message.stuck = true;
    return false;
  }
  std::uint32_t ticket = message.ticket;
  while (!o.ticket.compare_exchange_strong(ticket, with_state(ticket, offer_state::received),
                                           std::memory_order_acq_rel)) {
    if (state_of(ticket) != offer_state::open) {
      lose(message);
      return false;
    }
    if (!message.streaming) {  // the bytes have moved since: the copy is worth nothing
      begin_again(message, ticket);
      return false;
    }
  }
  copies_.remove(message);
  incoming_.erase(message.descriptor);
  send_control(channel(message.source), form::finished, {message.descriptor});
  engine_.arrived(message);
  return true;
}

// The sender took the message back. Its word to that effect comes later and wants an answer.
void shm_wire::lose(arrival& message) {
  incoming_[message.descriptor] = nullptr;
  copies_.remove(message);
  engine_.lost(message);
}

void shm_wire::on_withdrawn(shm_channel& c, std::uint64_t descriptor) {
  const auto found = incoming_.find(descriptor);
  if (found == incoming_.end() || memory_->map().owner(descriptor) != c.peer) return;
  arrival* message = found->second;
  incoming_.erase(found);
  send_control(c, form::finished, {descriptor});
  if (!message) return;
  copies_.remove(*message);
  engine_.lost(*message);
}

}  // namespace cohort::runtime
