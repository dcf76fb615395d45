// The ring of one ordered pair of members: cache lines numbered lap by lap, with no shared head or
// tail.
//
// Invariants. Position p (0, 1, 2, …, across all rings of the pair) stands in one slot at a time
// and is announced by the sequence number p+1, modulo 2^32, in the slot's head. A slot that is not
// announced yet holds another number: a new ring's heads are set so, and a lap later the number is
// that of a position `capacity` earlier. The sender writes position p only when it has read
// consumed > p - capacity; the receiver reads it only when it has seen its number. So a slot has
// one owner at any time. The sender may die between any two instructions: a position whose head is
// not written was never sent.
#pragma once

#include "runtime/arena.hpp"
#include "runtime/cache_hints.hpp"
#include "runtime/envelope.hpp"

#include <cstdint>

namespace cohort::runtime {

struct ring_header {
  // Positions below this are free for the sender. Written by the receiver, now and then.
  alignas(cache_line) shared_u64 consumed;
  // 1: the sender sleeps until `consumed` moves. Written by the sender, cleared by the receiver.
  shared_u32 starved;
  std::uint32_t capacity;  // slots behind this header
};
static_assert(sizeof(ring_header) == cache_line);

constexpr std::uint64_t ring_bytes(std::uint32_t capacity) {
  return cache_line * (std::uint64_t{capacity} + 1);
}
inline constexpr std::uint32_t first_ring_slots = page / cache_line - 1;
inline constexpr std::uint32_t largest_ring_slots = 16 * page / cache_line - 1;

// A line that the receiver has read is taken back by the sender so many messages before its turn.
inline constexpr std::uint32_t lines_ahead = 3;

constexpr std::uint32_t sequence_of(std::uint64_t position) {
  return static_cast<std::uint32_t>(position + 1);
}

// The sender's end.
class ring_producer {
 public:
  bool attached() const { return slots_ != nullptr; }

  // Takes over fresh memory at `offset` for positions from `position` on. `consumed` is how far the
  // receiver is known to have come: less than `position` in a ring that continues another, since
  // what that one still holds is not read yet.
  void attach(arena& memory, std::uint64_t offset, std::uint32_t capacity, std::uint64_t position,
              std::uint64_t consumed) {
    header_ = memory.at<ring_header>(offset, ring_bytes(capacity));
    slots_ = reinterpret_cast<slot*>(header_ + 1);
    offset_ = offset;
    capacity_ = capacity;
    index_ = 0;
    position_ = position;
    limit_ = consumed + capacity;
    header_->consumed.store(consumed, std::memory_order_relaxed);
    // A sender that starved at the old ring is called when the receiver comes to this one.
    header_->starved.store(consumed != position ? 1 : 0, std::memory_order_relaxed);
    header_->capacity = capacity;
    for (std::uint32_t i = 0; i < capacity; ++i) {
      slots_[i].head.store(~sequence_of(position + i), std::memory_order_relaxed);
    }
  }

  // Whether `slots` more positions are free.
  bool has_room(std::uint32_t slots = 1) {
    if (position_ + slots <= limit_) [[likely]]
      return true;
    // Acquire: what the receiver read from the slots it freed happened before we write them again.
    limit_ = header_->consumed.load(std::memory_order_acquire) + capacity_;
    return position_ + slots <= limit_;
  }

  slot& next() { return slots_[index_]; }
  // Announces next(), whose other parts are written.
  void publish(std::int32_t tag) {
    const std::uint64_t head = std::uint64_t{sequence_of(position_)} |
                               std::uint64_t{static_cast<std::uint32_t>(tag)} << 32;
    // Release: the receiver that acquires this number sees the whole line and the block behind it.
    slots_[index_].head.store(head, std::memory_order_release);
    share_soon(slots_[index_].body);
    ++position_;
    if (++index_ == capacity_) index_ = 0;
    const std::uint32_t later = index_ + lines_ahead;
    own_soon(slots_[later < capacity_ ? later : later - capacity_].body);
  }

  std::uint64_t position() const { return position_; }
  std::uint32_t capacity() const { return capacity_; }
  std::uint64_t offset() const { return offset_; }
  // How far the receiver has come: as last read, and read anew, which costs a cache miss.
  std::uint64_t known_consumed() const { return limit_ - capacity_; }
  std::uint64_t consumed() {
    limit_ = header_->consumed.load(std::memory_order_acquire) + capacity_;
    return limit_ - capacity_;
  }
  // Asks the receiver to call when it frees slots.
  void announce_starving() { header_->starved.store(1, std::memory_order_relaxed); }

 private:
  slot* slots_ = nullptr;
  std::uint64_t position_ = 0;
  std::uint64_t limit_ = 0;
  std::uint32_t index_ = 0;
  std::uint32_t capacity_ = 0;
  ring_header* header_ = nullptr;
  std::uint64_t offset_ = 0;
};

// The receiver's end.
class ring_consumer {
 public:
  bool attached() const { return slots_ != nullptr; }

  // `offset` comes from the sender and is checked.
  void attach(arena& memory, std::uint64_t offset, std::uint64_t position) {
    fences_ = memory.header().fences != 0;
    auto* header = memory.at<ring_header>(offset);
    const std::uint32_t capacity = header->capacity;
    memory.at<std::byte>(offset, capacity != 0 ? ring_bytes(capacity) : ~std::uint64_t{0});
    header_ = header;
    slots_ = reinterpret_cast<slot*>(header + 1);
    capacity_ = capacity;
    report_every_ = capacity / 4 + 1;
    index_ = 0;
    position_ = position;
    reported_ = position;
  }

  // The next message's slot, or nullptr while it has not come. `head` gets the slot's head.
  slot* ready(std::uint64_t& head) {
    slot& s = slots_[index_];
    head = s.head.load(std::memory_order_acquire);
    return static_cast<std::uint32_t>(head) == sequence_of(position_) ? &s : nullptr;
  }

  bool has_news() {
    std::uint64_t head = 0;
    return ready(head) != nullptr;
  }

  // The slot of ready() is read. Returns true when the sender waits to be called.
  bool consume() {
    ++position_;
    if (++index_ == capacity_) index_ = 0;
    if (position_ - reported_ < report_every_) [[likely]]
      return false;
    return report();
  }
  // Tells the sender how far we are. Release: our reads of those slots are done. Returns true when
  // the sender waits to be called.
  bool report() {
    reported_ = position_;
    header_->consumed.store(position_, std::memory_order_release);
    // A sender that goes to sleep sets `starved`, makes every processor see it (membarrier), and
    // looks at `consumed` once more: so either it saw the store above, or we see its flag here.
    // Where there is no membarrier, only a fence on this side, too, gives that.
    if (fences_)
      std::atomic_thread_fence(std::memory_order_seq_cst);
    else
      std::atomic_signal_fence(std::memory_order_seq_cst);
    return header_->starved.load(std::memory_order_relaxed) != 0;
  }
  void clear_starving() { header_->starved.store(0, std::memory_order_relaxed); }
  bool unreported() const { return position_ != reported_; }
  std::uint64_t position() const { return position_; }

 private:
  slot* slots_ = nullptr;
  std::uint64_t position_ = 0;
  std::uint32_t index_ = 0;
  std::uint32_t capacity_ = 0;
  std::uint64_t reported_ = 0;
  std::uint32_t report_every_ = 0;
  ring_header* header_ = nullptr;
  bool fences_ = false;
};

}  // namespace cohort::runtime
