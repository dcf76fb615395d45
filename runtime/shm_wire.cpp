#include "runtime/shm_wire.hpp"

#include <cohort/constants.hpp>
#include <cohort/error.hpp>

#include "runtime/cache_hints.hpp"
#include "runtime/system.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <string>
#include <utility>

namespace cohort::runtime {

namespace {

// Blocks are announced one by one so that the receiver copies one while the sender writes the next.
constexpr std::uint32_t block_bytes = 2048;
// One peer's messages that are taken before others get their turn.
constexpr int burst = 64;
// A ring that was empty so often while others were polled is no longer looked at.
constexpr std::uint32_t idle_limit = 2000;
// From this length on, the lines of the next message are worth getting back early.
constexpr std::uint32_t owned_early = 1500;
// So many messages in one direction are a stream.
constexpr std::uint32_t streak_length = 8;

// The bit of a channel's peer in its word of our attention.
std::uint64_t bit_of(const shm_channel& c) {
  return std::uint64_t{1} << (c.peer % 64);
}

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
      attention_words_((memory_->header().capacity + 63) / 64),
      last_members_(~std::uint64_t{0} >> (attention_words_ * 64 - memory_->header().capacity)) {
  stalled_.reserve(channels_.size());  // each is in it once, so that stall() never fails
}

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

// Goes on in a ring four times as large; the receiver follows when it comes to the last line. Where
// there is no memory for one, the ring that is there will do.
void shm_wire::grow(shm_channel& c) {
  c.grow_ring = false;
  if (c.retired.bytes != 0) {
    if (c.out.consumed() < c.retired.until) return;
    heap_.free(c.retired.offset, c.retired.bytes);
  }
  const std::uint32_t capacity = (c.out.capacity() + 1) * 4 - 1;
  std::uint64_t offset = 0;
  try {
    offset = heap_.allocate(ring_bytes(capacity));
  } catch (const resource_error&) {
    return;
  } catch (const std::bad_alloc&) {
    return;
  }
  const std::uint64_t position = c.out.position() + 1;
  ring_producer next;
  next.attach(*memory_, offset, capacity, position, c.out.known_consumed());
  publish(c, form::moved, {}, moved_body{offset});
  c.retired = {c.out.offset(), ring_bytes(c.out.capacity()), position};
  c.out = next;
}

bool shm_wire::send_blocks(shm_channel& c, const envelope& header, const detail::payload& what) {
  const auto length = static_cast<std::uint32_t>(what.bytes);
  const std::uint32_t lines = (length + block_bytes - 1) / block_bytes;
  if (!room(c, lines)) return false;
  std::byte* place = block_room(c, length);
  if (!place) return false;
  // Nothing below can fail, or the receiver would wait for the rest of half a message.
  c.blocks.commit(place, length, c.out.position() + lines - 1);
  const auto* from = static_cast<const std::byte*>(what.data);
  for (std::uint32_t done = 0; done < length;) {
    const std::uint32_t bytes = std::min(block_bytes, length - done);
    std::memcpy(place + done, from + done, bytes);
    publish(c, done == 0 ? form::block : form::more, header,
            block_body{length, c.blocks.offset_of(place + done), bytes});
    done += bytes;
  }
  // The next message is often as long. The lines where it will stand come back from the receiver's
  // caches while we wait for an answer, not while we write them.
  if (length >= owned_early) {
    if (const std::byte* next = free_block(c, length)) own_soon(next, length);
  }
  return true;
}

std::byte* shm_wire::free_block(shm_channel& c, std::uint32_t bytes) {
  if (auto* place = c.blocks.room(bytes, c.out.known_consumed())) return place;
  return c.blocks.room(bytes, c.out.consumed());
}

std::byte* shm_wire::block_room(shm_channel& c, std::uint32_t bytes) {
  if (auto* place = free_block(c, bytes)) return place;
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
  // The long way attaches it, or gets on with what would wait for as long as we go the short one.
  if (!c.in.attached() || unfinished_) [[unlikely]]
    return glance::something;
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
    auto bits = attention_[w].load(std::memory_order_relaxed) & members_of(w);
    for (; bits != 0; bits &= bits - 1) {
      shm_channel& c = channel(w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
      ++looked_at;
      if (drain(c))
        moved = true;
      else if (++c.idle_polls > idle_limit)
        ++idle;
    }
  }
  if (unfinished_) {
    moved |= flush();
    moved |= move_copies();
    // An open offer may be answered by a wish to have it in blocks, or to be helped.
    unfinished_ = !stalled_.empty() || !copies_.empty() || !helping_.empty() || !offers_.empty();
  }
  // Worth a system call only where it spares many looks.
  if (idle > 2 && looked_at - idle <= looked_at / 2) demote_idle();
  return moved;
}

bool shm_wire::poll_from(std::uint32_t member) {
  return drain(channel(member));
}

// The receiver's half of the attention protocol, between clearing bits and the last look: every
// sender either sees them clear, or has published before what that look finds. False where the
// kernel has no memory for that: then the bits must be set again.
bool shm_wire::fence_everywhere() {
  if (!fences_) return membarrier_everywhere();
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return true;
}

// Stops looking at rings that have long been empty; their senders will call.
void shm_wire::demote_idle() {
  std::vector<shm_channel*> idle;
  for (const auto& c : channels_) {
    if (c && c->idle_polls > idle_limit) idle.push_back(c.get());
  }
  for (shm_channel* c : idle) {
    c->idle_polls = 0;
    attention_[c->peer / 64].fetch_and(~bit_of(*c), std::memory_order_seq_cst);
  }
  const bool certain = fence_everywhere();
  for (shm_channel* c : idle) {
    if (!certain || has_news(*c)) {
      attention_[c->peer / 64].fetch_or(bit_of(*c), std::memory_order_seq_cst);
    }
  }
}

// Whether there is a line, or a first ring, that was not looked at.
bool shm_wire::has_news(shm_channel& c) {
  if (c.in.attached()) return c.in.has_news();
  return memory_->directory(self_, c.peer).load(std::memory_order_acquire) != 0;
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
    if (const std::uint32_t length = s->context_form >> 24; length <= inline_bytes) [[likely]] {
      const envelope header{static_cast<std::int32_t>(head >> 32), s->context(), s->type};
      engine_.deliver(c.peer, header, s->body, length);
      if (c.in.consume()) report(c);
    } else {
      take(c, *s, head);
    }
  }
  if (any) c.idle_polls = 0;
  return any;
}

// One line of the ring that is no whole message. What it says is copied before it is given back to
// the sender, and what may throw comes before that, too: then the line stands, and is taken again
// in the next turn. A line that no member writes is an error for as long as it stands; a word about
// an offer that is not known is no news.
void shm_wire::take(shm_channel& c, const slot& s, std::uint64_t head) {
  const envelope header{static_cast<std::int32_t>(head >> 32), s.context(), s.type};
  const form what = s.what();
  switch (what) {
    case form::block:
    case form::more:
      take_block(c, what, header, s.body_as<block_body>());
      c.in.consume();
      report(c);
      return;
    case form::rendezvous:
      take_offer(c, header, s.body_as<rendezvous_body>());
      return;
    case form::chunk:
      take_chunk(c, s.body_as<chunk_body>());
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
      const auto descriptor = s.body_as<control_body>().descriptor;
      if (what == form::stream)
        on_stream(c, descriptor);
      else if (what == form::help)
        on_help(c, descriptor);
      else if (what == form::finished)
        on_finished(c, descriptor);
      else
        on_withdrawn(c, descriptor);
      if (c.in.consume()) report(c);
      return;
    }
    default:
      damaged(c, "a line of a form that there is not");
  }
}

void shm_wire::damaged(const shm_channel& c, const char* what) const {
  throw resource_error("the messages of member " + std::to_string(c.peer) + " hold " + what +
                           "; its memory, or the job's, is damaged",
                       {.rank = static_cast<int>(self_), .operation = "wire"});
}

void shm_wire::take_block(shm_channel& c, form what, const envelope& header,
                          const block_body& body) {
  const std::byte* from = memory_->at<std::byte>(body.offset, body.bytes);
  if (what == form::block) {
    if (c.blocks_of || body.length > block_memory::largest_bytes || body.bytes > body.length) {
      damaged(c, "a first block where there can be none");
    }
    c.blocks_of = &engine_.begin(c.peer, header, body.length);
  }
  if (!c.blocks_of || body.bytes > c.blocks_of->length - c.blocks_of->done) {
    damaged(c, "a block that belongs to no message");
  }
  arrival& message = *c.blocks_of;
  std::memcpy(message.data + message.done, from, body.bytes);
  message.done += body.bytes;
  if (message.whole()) {
    c.blocks_of = nullptr;
    engine_.arrived(message);
  }
}

void shm_wire::take_offer(shm_channel& c, const envelope& header, const rendezvous_body& body) {
  const offer* described = memory_->at<offer>(body.descriptor);
  if (memory_->map().owner(memory_->offset_of(described)) != c.peer) {
    damaged(c, "an offer of another member");
  }
  // What the answers need, before there is anything to answer.
  if (!c.out.attached()) ready_to_send(c);
  const auto [entry, fresh] = incoming_.try_emplace(body.descriptor, nullptr);
  if (!fresh) damaged(c, "an offer that stands already");
  try {
    set_aside(c);
    entry->second = &engine_.create(c.peer, header, body.length);
  } catch (...) {
    incoming_.erase(entry);
    throw;
  }
  if (c.in.consume()) report(c);
  arrival& message = *entry->second;
  message.offer = this;
  message.descriptor = body.descriptor;
  message.address = body.address;
  message.ticket = body.ticket;
  engine_.offered(message);
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
  std::array<std::uint64_t, max_members / 64> watched{};
  for (std::uint32_t w = 0; w < attention_words_; ++w) {
    watched[w] = attention_[w].exchange(0, std::memory_order_seq_cst) & members_of(w);
  }
  // Whatever is not certain to be empty is looked at from now on as before.
  const bool certain = fence_everywhere();
  bool found = !certain;
  for (std::uint32_t w = 0; w < attention_words_; ++w) {
    std::uint64_t news = certain ? 0 : watched[w];
    for (auto bits = watched[w]; bits != 0; bits &= bits - 1) {
      const auto member = w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
      if (has_news(channel(member))) news |= bits & -bits;
    }
    if (news == 0) continue;
    found = true;
    attention_[w].fetch_or(news, std::memory_order_seq_cst);
  }
  return flush() || found;
}

void shm_wire::peer_gone(std::uint32_t member) {
  shm_channel& c = channel(member);
  std::vector<arrival*> lost;
  lost.reserve(incoming_.size() + 1);  // what may throw comes before any change
  c.gone = c.blocked = true;
  c.process = {};
  c.controls.clear();
  c.streams.clear();
  std::erase(stalled_, &c);
  while (operation* send = c.backlog.front()) {
    c.backlog.remove(*send);
    send->end(outcome::peer_gone);
  }
  for (auto it = offers_.begin(); it != offers_.end();) {
    const auto [descriptor, open] = *it++;
    if (open.member != member) continue;
    if (open.send) open.send->end(outcome::peer_gone);
    close_offer(descriptor);
  }
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
