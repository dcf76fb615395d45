// The shm wire's long messages, the sender's side: an offer in the arena that stays until the
// receiver's last word about it.
#include "runtime/names.hpp"
#include "runtime/process_copy.hpp"
#include "runtime/shm_wire.hpp"
#include "runtime/transfer_piece.hpp"

#include <algorithm>

#include <unistd.h>

namespace cohort::runtime {

void shm_wire::make_offer(shm_channel& c, operation& send) {
  set_aside(c);
  const std::uint64_t descriptor = heap_.allocate(sizeof(offer));
  try {
    offers_.emplace(descriptor, open_offer{&send, c.peer});
  } catch (...) {
    heap_.free(descriptor, sizeof(offer));
    throw;
  }
  offer& o = *memory_->at<offer>(descriptor);
  o.ticket.store(0, std::memory_order_relaxed);
  o.address.store(reinterpret_cast<std::uint64_t>(send.what_to_send.data),
                  std::memory_order_relaxed);
  o.length = send.what_to_send.bytes;
  o.site_file = 0;
  if (chosen_.strict) {
    o.site_file = name_hash(send.why.site.file());
    o.site_line = send.why.site.line();
    remember_name(*memory_, o.site_file, send.why.site.file());
  }
  send.descriptor = descriptor;
  unfinished_ = true;
  const envelope header{send.tag, send.context, send.what_to_send.type->id};
  publish(c, form::rendezvous, header,
          rendezvous_body{send.what_to_send.bytes, descriptor,
                          o.address.load(std::memory_order_relaxed), 0});
}

// Only when the receiver has said its last word, or is gone.
void shm_wire::close_offer(std::uint64_t descriptor) {
  std::erase(helping_, descriptor);
  offers_.erase(descriptor);
  heap_.free(descriptor, sizeof(offer));
}

void shm_wire::forget_stream(const operation& send) {
  auto& streams = channel(static_cast<std::uint32_t>(send.member)).streams;
  std::erase_if(streams, [&](const shm_channel::stream& s) { return s.send == &send; });
}

void shm_wire::take_back(operation& send, outcome how) {
  shm_channel& c = channel(static_cast<std::uint32_t>(send.member));
  if (send.descriptor == 0) {  // queued: nobody has heard of it
    c.backlog.remove(send);
    if (c.backlog.empty() && !c.gone) c.blocked = !c.out.attached();
    send.end(how);
    return;
  }
  offer& o = *memory_->at<offer>(send.descriptor);
  std::uint32_t ticket = o.ticket.load(std::memory_order_acquire);
  while (state_of(ticket) == offer_state::open &&
         !o.ticket.compare_exchange_weak(ticket, with_state(ticket, offer_state::withdrawn),
                                         std::memory_order_acq_rel)) {
  }
  if (state_of(ticket) == offer_state::open) {
    send.end(how);
    send_control(c, form::withdrawn, {send.descriptor});
  } else {
    send.end(outcome::done);  // the receiver was faster; its word is on the way
  }
  offers_[send.descriptor].send = nullptr;
  std::erase(helping_, send.descriptor);
  forget_stream(send);
}

void shm_wire::relocated(operation& send) {
  if (send.descriptor == 0) return;
  offer& o = *memory_->at<offer>(send.descriptor);
  o.address.store(reinterpret_cast<std::uint64_t>(send.what_to_send.data),
                  std::memory_order_release);
  std::uint32_t ticket = o.ticket.load(std::memory_order_acquire);
  while (state_of(ticket) == offer_state::open &&
         !o.ticket.compare_exchange_weak(ticket, moved_ticket(ticket), std::memory_order_acq_rel)) {
  }
}

// Our offer to that peer; nullptr where there is none, whatever the peer says.
shm_wire::open_offer* shm_wire::offer_to(const shm_channel& c, std::uint64_t descriptor) {
  const auto found = offers_.find(descriptor);
  return found != offers_.end() && found->second.member == c.peer ? &found->second : nullptr;
}

void shm_wire::on_finished(shm_channel& c, std::uint64_t descriptor) {
  const open_offer* open = offer_to(c, descriptor);
  if (!open) return;
  operation* send = open->send;
  close_offer(descriptor);
  if (send) {
    forget_stream(*send);
    send->end(outcome::done);
  }
}

void shm_wire::on_stream(shm_channel& c, std::uint64_t descriptor) {
  const open_offer* open = offer_to(c, descriptor);
  if (!open || !open->send) return;  // taken back: that word is under way
  forget_stream(*open->send);
  c.streams.push_back({open->send});
  stall(c);
}

void shm_wire::on_help(shm_channel& c, std::uint64_t descriptor) {
  if (!offer_to(c, descriptor)) return;
  if (std::find(helping_.begin(), helping_.end(), descriptor) != helping_.end()) return;
  helping_.push_back(descriptor);
  unfinished_ = true;
}

// Probed once per pair. The handle comes first and is still alive after the probe: so it is the
// member's own process that has shown the cookie, and the handle is that process's.
bool shm_wire::may_write(shm_channel& c) {
  if (c.may_write == shm_channel::permission::unknown) {
    c.process = process_handle(pid_of(c.peer));
    c.may_write = shows_cookie(c.peer) && c.process.alive() ? shm_channel::permission::yes
                                                            : shm_channel::permission::no;
  }
  return c.may_write == shm_channel::permission::yes;
}

// Writes some pieces of an offer into the receiver's memory. The receiver is in a call that does
// not return before we have left: every piece claimed here is finished here.
//
// The kernel writes to a process by its number, which may be another's when the receiver has ended
// and was reaped; whether that was published by then is up to who reaps it. So the receiver's own
// handle is asked before each piece. A number that was the receiver's then can be another's in the
// next system call only if all other numbers are given out in between, since they go round.
bool shm_wire::help(std::uint64_t descriptor) {
  const auto found = offers_.find(descriptor);
  if (found == offers_.end() || !found->second.send) return false;
  shm_channel& c = channel(found->second.member);
  if (!may_write(c)) return false;  // no piece is claimed: the receiver copies them all
  offer& o = *memory_->at<offer>(descriptor);
  const detail::payload& what = found->second.send->what_to_send;
  const std::int32_t pid = pid_of(c.peer);
  for (int turn = 0; turn < pieces_per_poll; ++turn) {
    if (!c.process.alive()) return false;  // the news of it is on its way
    const piece p = claim_piece(o, what.bytes);
    if (p.bytes == 0) return false;
    const auto* from = static_cast<const std::byte*>(what.data) + p.offset;
    const std::uint64_t target = o.target.load(std::memory_order_acquire) + p.offset;
    if (write_process(pid, target, from, p.bytes) != copy_result::done) {
      o.declined.store(1, std::memory_order_relaxed);
    }
    // Release: whoever counts these bytes sees them, or sees that we declined.
    o.written.fetch_add(p.bytes, std::memory_order_release);
  }
  return true;
}

}  // namespace cohort::runtime
