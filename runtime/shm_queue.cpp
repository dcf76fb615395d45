// The shm wire's sends that wait for room in a ring: answers first, then messages in their order,
// then the blocks of streams.
#include "runtime/shm_wire.hpp"

#include <algorithm>
#include <cstring>

namespace cohort::runtime {

namespace {

constexpr std::uint32_t chunk_bytes = 16 * 1024;

}  // namespace

void shm_wire::start(operation& send) {
  shm_channel& c = channel(static_cast<std::uint32_t>(send.member));
  if (c.gone) {
    send.end(outcome::peer_gone);
    return;
  }
  if (ready_to_send(c) && send_queued(c, send)) return;
  c.backlog.push_back(send);
  c.blocked = true;
  stall(c);
}

// Sends the first of the queue, if there is room: whole, or as an offer.
bool shm_wire::send_queued(shm_channel& c, operation& send) {
  const bool eager = !send.synchronous && send.what_to_send.bytes <= chosen_.eager_limit;
  if (eager) {
    const envelope header{send.tag, send.context, send.what_to_send.type->id};
    if (!try_send(c.peer, header, send.what_to_send)) return false;
    send.end(outcome::done);
    return true;
  }
  if (!room(c, 1)) return false;
  make_offer(c, send);
  return true;
}

// Makes room in the queue for all that may have to be said of offers before it runs dry, and for
// one offer more: of each that a peer has made, to stream it and that it is finished; of each of
// ours, that it is withdrawn. So an answer, which often ends what can't be undone, never fails.
void shm_wire::set_aside(shm_channel& c) {
  const std::size_t needed = c.controls.size() + 2 * (incoming_.size() + 1) + offers_.size() + 1;
  if (c.controls.capacity() < needed) c.controls.reserve(2 * needed);
}

void shm_wire::send_control(shm_channel& c, form what, control_body body) noexcept {
  if (c.gone) return;
  if (c.controls.empty() && c.out.has_room()) {
    publish(c, what, {}, body);
    return;
  }
  c.controls.push_back({what, body});
  stall(c);
}

void shm_wire::stall(shm_channel& c) {
  unfinished_ = true;
  if (std::find(stalled_.begin(), stalled_.end(), &c) == stalled_.end()) stalled_.push_back(&c);
}

bool shm_wire::flush() {
  bool moved = false;
  for (std::size_t i = 0; i < stalled_.size();) {
    shm_channel& c = *stalled_[i];
    moved |= flush(c);
    if (c.stalled())
      ++i;
    else
      stalled_.erase(stalled_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return moved;
}

bool shm_wire::flush(shm_channel& c) {
  bool moved = false;
  auto next = c.controls.begin();
  for (; next != c.controls.end() && room(c, 1); ++next) publish(c, next->what, {}, next->body);
  moved = next != c.controls.begin();
  c.controls.erase(c.controls.begin(), next);
  if (!c.controls.empty()) return moved;
  while (operation* send = c.backlog.front()) {
    c.blocked = false;
    bool sent = false;
    try {
      sent = send_queued(c, *send);
    } catch (...) {  // no memory for it: that send fails, and those behind it keep their order
      send->problem = std::current_exception();
      send->end(outcome::failed);
      sent = true;
    }
    c.blocked = true;
    if (!sent) return moved;
    c.backlog.remove(*send);
    moved = true;
  }
  c.blocked = false;
  return flush_streams(c) || moved;
}

bool shm_wire::flush_streams(shm_channel& c) {
  bool moved = false;
  while (!c.streams.empty()) {
    shm_channel::stream& s = c.streams.front();
    const detail::payload& what = s.send->what_to_send;
    const auto bytes =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(chunk_bytes, what.bytes - s.sent));
    if (!room(c, 1)) return moved;
    std::byte* place = nullptr;
    try {
      place = block_room(c, bytes);
      if (!place) return moved;
      c.blocks.commit(place, bytes, c.out.position());
    } catch (...) {  // no memory for it: that send fails, and its receiver hears of it
      s.send->problem = std::current_exception();
      take_back(*s.send, outcome::failed);
      moved = true;
      continue;
    }
    std::memcpy(place, static_cast<const std::byte*>(what.data) + s.sent, bytes);
    publish(c, form::chunk, {}, chunk_body{s.send->descriptor, c.blocks.offset_of(place), bytes});
    s.sent += bytes;
    moved = true;
    if (s.sent == what.bytes) c.streams.pop_front();
  }
  return moved;
}

}  // namespace cohort::runtime
