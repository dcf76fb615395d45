#include "runtime/shm_wire.hpp"

#include <cohort/constants.hpp>

#include "runtime/system.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace cohort::runtime {

namespace {

// Blocks are announced one by one so that the receiver copies one while the sender writes the next.
constexpr std::uint32_t block_bytes = 2048;
// One peer's messages that are taken before others get their turn.
constexpr int burst = 64;
// A ring that was empty so often while others were polled is no longer looked at.
constexpr std::uint32_t idle_limit = 2000;
// So many messages in one direction are a stream.
constexpr std::uint32_t streak_length = 8;

}  // namespace

shm_wire::shm_wire(std::shared_ptr<arena> memory, std::uint32_t self, const settings& chosen,
                   matching_engine& engine)
    : memory_(std::move(memory)),
      self_(self),
      self_bit_(std::uint64_t{1} << (self % 64)),
      fences_(memory_->header().fences != 0),
      chosen_(chosen),
      engine_(engine),
      heap_(*memory_, self),
      channels_(memory_->header().capacity),
      attention_(memory_->member(self).attention),
      attention_words_((memory_->header().capacity + 63) / 64) {}

void shm_wire::open(std::uint32_t member) {
  auto made = std::make_unique<shm_channel>();
  made->peer = member;
  made->attention = &memory_->member(member).attention[self_ / 64];
  made->idle_polls = 0;
  channels_[member] = std::move(made);
}

// Whether a message may go out behind nothing; makes the ring on first use.
bool shm_wire::ready_to_send(shm_channel& c) {
  if (!c.blocked) [[likely]]
    return true;
  if (c.gone || c.out.attached()) return false;
  const std::uint64_t offset = heap_.allocate(ring_bytes(first_ring_slots));
  c.out.attach(*memory_, offset, first_ring_slots, 0, 0);
  // Release: the receiver that reads this word sees the ring's heads.
  memory_->directory(c.peer, self_).store(offset, std::memory_order_release);
  c.blocked = false;
  return true;
}

bool shm_wire::try_send(std::uint32_t member, const envelope& header, const detail::payload& what) {
  shm_channel& c = channel(member);
  if (!ready_to_send(c)) return false;
  if (what.bytes > inline_bytes) {
    return what.bytes <= chosen_.eager_limit && send_blocks(c, header, what);
  }
  if (!c.out.has_room() || c.grow_ring) [[unlikely]] {
    if (!room(c, 1)) return false;
  }
  slot& s = c.out.next();
  const auto length = static_cast<std::uint32_t>(what.bytes);
  s.context_form = header.context | length << 24;
  s.type = header.type;
  copy_small(s.body, static_cast<const std::byte*>(what.data), length);
  c.out.publish(header.tag);
  c.streak = 0;
  ring_bell(c);
  return true;
}

// Whether `slots` positions are free. A ring that was full is too small for its traffic.
bool shm_wire::room(shm_channel& c, std::uint32_t slots) {
  if (!c.out.has_room(slots)) {
    c.grow_ring = c.out.capacity() < largest_ring_slots;
    return false;
  }
  if (c.grow_ring) grow(c);
  return c.out.has_room(slots);
}

// Goes on in a ring four times as large; the receiver follows when it comes to the last line.
void shm_wire::grow(shm_channel& c) {
  c.grow_ring = false;
  if (c.retired.bytes != 0) {
    if (c.out.consumed() < c.retired.until) return;
    heap_.free(c.retired.offset, c.retired.bytes);
  }
  const std::uint32_t capacity = (c.out.capacity() + 1) * 4 - 1;
  const std::uint64_t offset = heap_.allocate(ring_bytes(capacity));
  const std::uint64_t position = c.out.position() + 1;
  ring_producer next;
  next.attach(*memory_, offset, capacity, position, c.out.known_consumed());
  publish(c, form::moved, {}, moved_body{offset});
  c.retired = {c.out.offset(), ring_bytes(c.out.capacity()), position};
  c.out = next;
}

bool shm_wire::send_blocks(shm_channel& c, const envelope& header, const detail::payload& what) {
  const auto length = static_cast<std::uint32_t>(what.bytes);
  if (!room(c, (length + block_bytes - 1) / block_bytes)) return false;
  std::byte* place = block_room(c, length);
  if (!place) return false;
  const auto* from = static_cast<const std::byte*>(what.data);
  for (std::uint32_t done = 0; done < length;) {
    const std::uint32_t bytes = std::min(block_bytes, length - done);
    std::memcpy(place + done, from + done, bytes);
    c.blocks.commit(place + done, bytes, c.out.position());
    publish(c, done == 0 ? form::block : form::more, header,
            block_body{length, c.blocks.offset_of(place + done), bytes});
    done += bytes;
  }
  return true;
}

std::byte* shm_wire::block_room(shm_channel& c, std::uint32_t bytes) {
  if (auto* place = c.blocks.room(bytes, c.out.known_consumed())) return place;
  if (auto* place = c.blocks.room(bytes, c.out.consumed())) return place;
  return c.blocks.grow(bytes, c.out.known_consumed(), *memory_, heap_);
}

// The sender's half of the attention protocol. The receiver clears our bit before it stops looking
// at this ring, makes every processor see that (membarrier), and looks once more: so either that
// look finds what we published, or this load finds the bit clear.
void shm_wire::ring_bell(shm_channel& c) {
  if (fences_)
    std::atomic_thread_fence(std::memory_order_seq_cst);
  else
    std::atomic_signal_fence(std::memory_order_seq_cst);
  if ((c.attention->load(std::memory_order_relaxed) & self_bit_) == 0) [[unlikely]] {
    call_attention(*memory_, c.peer, self_);
  }
}

shm_wire::glance shm_wire::try_receive(std::uint32_t member, std::uint32_t context,
                                       std::int32_t tag, const detail::sink& where,
                                       detail::message_facts& facts) {
  shm_channel& c = channel(member);
  if (!c.in.attached()) return glance::something;  // the long way attaches it
  std::uint64_t head = 0;
  slot* s = c.in.ready(head);
  if (!s) {
    if (c.streak >= streak_length) let_sender_run_ahead();
    return glance::nothing;
  }
  std::uint32_t length = s->context_form >> 24;
  const std::byte* from = s->body;
  const bool in_block = length > inline_bytes;
  if (in_block) {
    if (s->what() != form::block) return glance::something;
    const auto body = s->body_as<block_body>();
    if (body.bytes != body.length) return glance::something;
    length = body.bytes;
    from = memory_->at<std::byte>(body.offset, body.bytes);
  }
  const auto message_tag = static_cast<std::int32_t>(head >> 32);
  if (s->context() != context || (tag != message_tag && tag != any_tag) ||
      s->type != where.type->id) {
    return glance::something;
  }
  void* place = where.data;
  if (where.grow) {
    place = where.grow(where.owner, length, s->type);
  } else if (length > where.capacity || (where.exact && length != where.capacity)) {
    return glance::something;
  }
  if (in_block)
    std::memcpy(place, from, length);
  else
    copy_small(static_cast<std::byte*>(place), from, length);
  facts.tag = message_tag;
  facts.type = s->type;
  facts.bytes = length;
  c.idle_polls = 0;
  ++c.streak;
  // The place of a block is worth knowing to the sender at once: it writes the next one there.
  if (c.in.consume() || in_block) report(c);
  return glance::received;
}

bool shm_wire::poll() {
  bool moved = false;
  std::uint32_t looked_at = 0;
  std::uint32_t idle = 0;
  for (std::uint32_t w = 0; w < attention_words_; ++w) {
    // Relaxed: a ring is made visible by the directory, a message by its head.
    for (auto bits = attention_[w].load(std::memory_order_relaxed); bits != 0; bits &= bits - 1) {
      shm_channel& c = channel(w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
      ++looked_at;
      if (drain(c))
        moved = true;
      else if (++c.idle_polls > idle_limit)
        ++idle;
    }
  }
  if (!stalled_.empty()) moved |= flush();
  if (!copies_.empty() || !helping_.empty()) moved |= move_copies();
  // Worth a system call only where it spares many looks.
  if (idle > 2 && looked_at - idle <= looked_at / 2) demote_idle();
  return moved;
}

bool shm_wire::poll_from(std::uint32_t member) {
  return drain(channel(member));
}

// Stops looking at rings that have long been empty; their senders will call.
void shm_wire::demote_idle() {
  std::vector<shm_channel*> idle;
  for (const auto& c : channels_) {
    if (!c || c->idle_polls <= idle_limit) continue;
    c->idle_polls = 0;
    attention_[c->peer / 64].fetch_and(~(std::uint64_t{1} << (c->peer % 64)),
                                       std::memory_order_seq_cst);
    idle.push_back(c.get());
  }
  if (!fences_) membarrier_everywhere();
  for (shm_channel* c : idle) {
    if (drain(*c)) {
      attention_[c->peer / 64].fetch_or(std::uint64_t{1} << (c->peer % 64),
                                        std::memory_order_seq_cst);
    }
  }
}

bool shm_wire::drain(shm_channel& c) {
  if (!c.in.attached()) [[unlikely]] {
    const std::uint64_t offset = memory_->directory(self_, c.peer).load(std::memory_order_acquire);
    if (offset == 0) return false;
    c.in.attach(*memory_, offset, 0);
  }
  bool any = false;
  for (int i = 0; i < burst; ++i) {
    std::uint64_t head = 0;
    const slot* s = c.in.ready(head);
    if (!s) break;
    any = true;
    take(c, *s, head);
  }
  if (any) c.idle_polls = 0;
  return any;
}

// One line of the ring. What it says is copied before it is given back to the sender.
void shm_wire::take(shm_channel& c, const slot& s, std::uint64_t head) {
  const envelope header{static_cast<std::int32_t>(head >> 32), s.context(), s.type};
  const form what = s.what();
  switch (what) {
    case form::block:
    case form::more: {
      const auto body = s.body_as<block_body>();
      if (what == form::block) c.blocks_of = &engine_.begin(c.peer, header, body.length);
      take_block(c, body.offset, body.bytes);
      c.in.consume();
      report(c);
      return;
    }
    case form::rendezvous: {
      const auto body = s.body_as<rendezvous_body>();
      if (c.in.consume()) report(c);
      arrival& message = engine_.create(c.peer, header, body.length);
      message.offer = this;
      message.descriptor = body.descriptor;
      message.address = body.address;
      message.ticket = body.ticket;
      incoming_[body.descriptor] = &message;
      engine_.offered(message);
      return;
    }
    case form::chunk:
      take_chunk(s.body_as<chunk_body>());
      c.in.consume();
      report(c);
      return;
    case form::moved: {
      const auto body = s.body_as<moved_body>();
      const std::uint64_t next = c.in.position() + 1;
      c.in.attach(*memory_, body.ring, next);
      report(c);  // or a sender that waits for what the old ring held would wait for ever
      return;
    }
    case form::stream:
    case form::help:
    case form::finished:
    case form::withdrawn: {
      const auto body = s.body_as<control_body>();
      if (c.in.consume()) report(c);
      if (what == form::stream)
        on_stream(c, body);
      else if (what == form::help)
        helping_.push_back(body.descriptor);
      else if (what == form::finished)
        on_finished(body.descriptor);
      else
        on_withdrawn(c, body.descriptor);
      return;
    }
    default:
      engine_.deliver(c.peer, header, s.body, s.context_form >> 24);
      if (c.in.consume()) report(c);
      return;
  }
}

void shm_wire::take_block(shm_channel& c, std::uint64_t offset, std::uint32_t bytes) {
  if (!c.blocks_of) return;
  arrival& message = *c.blocks_of;
  if (bytes > message.length - message.done) return;  // damaged; the rest never comes
  std::memcpy(message.data + message.done, memory_->at<std::byte>(offset, bytes), bytes);
  message.done += bytes;
  if (message.whole()) {
    c.blocks_of = nullptr;
    engine_.arrived(message);
  }
}

// Tells the sender how far we have come, and calls it if it sleeps until then.
void shm_wire::report(shm_channel& c) {
  if (!c.in.report()) return;
  c.in.clear_starving();
  call_attention(*memory_, c.peer, self_);
}

bool shm_wire::arm() {
  if (!helping_.empty()) return true;
  for (arrival* m = copies_.front(); m; m = copies_.after(*m)) {
    if (!m->stuck) return true;
  }
  for (shm_channel* c : stalled_) c->out.announce_starving();
  std::vector<shm_channel*> watched;
  for (std::uint32_t w = 0; w < attention_words_; ++w) {
    auto bits = attention_[w].exchange(0, std::memory_order_seq_cst);
    for (; bits != 0; bits &= bits - 1) {
      watched.push_back(&channel(w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits))));
    }
  }
  bool found = false;
  if (fences_)
    std::atomic_thread_fence(std::memory_order_seq_cst);
  else
    found = !membarrier_everywhere();  // no memory for it: look again rather than sleep deaf
  for (shm_channel* c : watched) {
    if (!drain(*c)) continue;
    found = true;
    attention_[c->peer / 64].fetch_or(std::uint64_t{1} << (c->peer % 64),
                                      std::memory_order_seq_cst);
  }
  return flush() || found;
}

void shm_wire::peer_gone(std::uint32_t member) {
  shm_channel& c = channel(member);
  c.gone = c.blocked = true;
  c.controls.clear();
  c.streams.clear();
  std::erase(stalled_, &c);
  while (operation* send = c.backlog.front()) {
    c.backlog.remove(*send);
    send->ended = outcome::peer_gone;
  }
  for (auto it = offers_.begin(); it != offers_.end();) {
    const auto [descriptor, open] = *it++;
    if (open.member != member) continue;
    if (open.send) open.send->ended = outcome::peer_gone;
    close_offer(descriptor);
  }
  std::vector<arrival*> lost;
  if (arrival* half = std::exchange(c.blocks_of, nullptr)) lost.push_back(half);
  std::erase_if(incoming_, [&](const auto& of) {
    const auto [descriptor, message] = of;
    if (memory_->map().owner(descriptor) != member) return false;
    if (message) lost.push_back(message);
    return true;
  });
  // Those that nobody has taken go first: a receive that loses its message looks for another, and
  // must not find one of these.
  std::partition(lost.begin(), lost.end(), [](const arrival* m) { return !m->receiver; });
  for (arrival* message : lost) {
    copies_.remove(*message);
    engine_.lost(*message);
  }
}

}  // namespace cohort::runtime
