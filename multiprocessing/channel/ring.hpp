// A ring of records in an object's pages, from one producer to one consumer at a time: what pipes,
// queues, pools and managers move their messages through.
//
// Records stand in blocks, one behind the other, each at a multiple of 8 bytes. The producer fills
// a block and goes on to a free one, of any size that fits; a long record gets a block that is made
// for it, which is kept and used again. So a record is always in one piece, and is copied once on
// either side.
//
// Invariants. `tail` and `head` name a count of records and a place, and each is changed by one
// store of its side. The producer writes only behind `tail`, and into blocks that are free; the
// consumer reads only what is between `head` and `tail`. Which blocks are free follows from the two
// positions and from where each block was left, and is written down nowhere: a block is in use if
// it is that of the tail or of the head, or if a record behind it is still to be read. So whoever
// dies, at whatever instruction, has published a record or has not, and has consumed one or has
// not; the other side, and the next on this side, go on from the positions. All that can be left
// over is an object that was to be a block, or was one: adopt() ends it.
//
// Memory order: the store of a position releases what was written (or: that it was read), the
// other side's load acquires it. Where the other side may sleep, the store and the look for its
// mark are sequentially consistent, or the release of a lock is between them (ring_wait.hpp).
//
// A ring is used in one of two ways. By one process on either side: publish(), announce(), pop(),
// announce_room(), and waits on not_empty() and not_full() as on any wait word. Or by many in
// turns: the functions …_in_turn(), and the waits of ring_wait.hpp.
#pragma once

#include "multiprocessing/channel/ring_layout.hpp"
#include "multiprocessing/channel/sleep_mark.hpp"
#include "multiprocessing/memory/object_table.hpp"
#include "runtime/arena.hpp"

#include <cstddef>
#include <cstdint>

namespace cohort::multiprocessing {

// What a ring holds at most. Either limit may be 0, which is none; at most one is given. Without a
// limit of bytes the ring grows as needed.
struct ring_limits {
  std::uint32_t items = 0;
  // Long records only wait for room where more than this is in use, and never alone. Records that
  // fit into the first two blocks stand in these alone.
  std::uint64_t bytes = 0;
  std::uint32_t block_bytes = 64 * 1024;  // of each of the first two; whole pages
  std::uint32_t number = 0;               // tells rings of one object apart
};

// A record that is there to be read.
struct record {
  std::uint32_t type = 0;
  std::uint64_t bytes = 0;
  const std::byte* data = nullptr;  // valid until pop()
  std::uint64_t behind = 0;         // the position behind it
};

// Room for a record: filled, then published. Without it: where the consumer was, for
// has_moved_since().
struct record_room {
  std::byte* data = nullptr;
  std::uint64_t behind = 0;
  explicit operator bool() const { return data != nullptr; }
};

// A view, cheap to make; what it keeps stands in the ring. `whole` is the object that the ring
// stands in; further blocks are parts of it.
class ring {
 public:
  // Bytes that a ring takes in its object, at a multiple of a page.
  static constexpr std::uint64_t bytes(const ring_limits& limits) {
    return header_bytes + 2 * std::uint64_t{limits.block_bytes};
  }
  // Makes a ring of zeroed bytes.
  static void create(const region& shared, ring_header& where, const ring_limits& limits);

  ring(participant& me, object_name whole, ring_header& shared)
      : me_(&me), whole_(whole), shared_(&shared) {}

  // The producer: one at a time.
  //
  //   if (auto room = r.begin(type, n)) { memcpy(room.data, p, n); r.publish(room); r.announce(); }
  //
  // Room for a record, or none where the ring is full. Nothing is changed for the consumer.
  // Throws resource_error where it would have to grow and can't.
  record_room begin(std::uint32_t type, std::uint64_t bytes) {
    const position at = position::of(shared_->tail.load(std::memory_order_relaxed));
    if (const std::uint32_t limit = shared_->item_limit.load(std::memory_order_relaxed);
        limit != 0 && !below(limit, at)) {
      return {nullptr, shared_->known_head.load(std::memory_order_relaxed)};
    }
    const std::uint64_t units = units_of(bytes);
    const ring_block& block = shared_->blocks[at.block];
    if (at.place + units > end_of(block)) [[unlikely]]
      return begin_elsewhere(at, type, bytes, units);
    return lay_out(at, type, bytes, units);
  }
  // Commits it, by one store.
  void publish(const record_room& room) {
    shared_->tail.store(room.behind, std::memory_order_seq_cst);
  }
  // The same by a holder of put_lock(), whose release orders it before announce_turn()
  // (ring_wait.hpp).
  void publish_in_turn(const record_room& room) {
    shared_->tail.store(room.behind, std::memory_order_release);
  }
  // Wakes a consumer that sleeps. After publish().
  void announce() {
    if (shared_->not_empty.sleepers.load(std::memory_order_seq_cst) != 0) [[unlikely]]
      shared_->not_empty.notify();
  }
  // After the turn.
  void announce_turn() {
    if (take_mark(shared_->not_empty)) [[unlikely]]
      wake_consumers();
  }
  // Whether it is worth trying again after begin() found no room.
  bool has_moved_since(const record_room& none) const {
    const position then = position::of(none.behind);
    const position now = position::of(shared_->head.load(std::memory_order_seq_cst));
    return now.block != then.block ||
           (now.items != then.items && shared_->item_limit.load(std::memory_order_relaxed) != 0);
  }
  // After a producer that died: ends what it has left over.
  void adopt();
  // Gives back free blocks beyond what is kept for later.
  void trim();

  // The consumer: one at a time.
  //
  //   record next;
  //   if (r.front(next)) { use(next.data, next.bytes); r.pop(next); r.announce_room(); }
  //
  // The oldest record, if there is one. Throws archive_error where the ring is damaged.
  bool front(record& next) {
    const position at = position::of(shared_->head.load(std::memory_order_relaxed));
    std::uint64_t known = shared_->known_tail.load(std::memory_order_relaxed);
    if (position::of(known).items == at.items) {
      known = shared_->tail.load(std::memory_order_acquire);
      if (position::of(known).items == at.items) return false;
      shared_->known_tail.store(known, std::memory_order_relaxed);
    }
    read(at, next);
    return true;
  }
  // Consumes it, by one store. Its bytes are the producer's again.
  void pop(const record& next) {
    // Only a producer that counts records waits for each of them.
    if (shared_->item_limit.load(std::memory_order_relaxed) != 0)
      shared_->head.store(next.behind, std::memory_order_seq_cst);
    else
      shared_->head.store(next.behind, std::memory_order_release);
  }
  // The same by a holder of get_lock(), whose release orders it before
  // announce_room_after_turn().
  void pop_in_turn(const record& next) {
    shared_->head.store(next.behind, std::memory_order_release);
  }
  // Wakes a producer that sleeps for want of room. After pop().
  void announce_room() {
    if (shared_->item_limit.load(std::memory_order_relaxed) != 0 &&
        shared_->not_full.sleepers.load(std::memory_order_seq_cst) != 0) [[unlikely]]
      shared_->not_full.notify();
  }
  // After the turn.
  void announce_room_after_turn() {
    if (shared_->item_limit.load(std::memory_order_relaxed) != 0 && take_mark(shared_->not_full))
        [[unlikely]]
      wake(shared_->not_full);
  }

  // Anybody.
  bool readable() const {
    return position::of(shared_->tail.load(std::memory_order_seq_cst)).items !=
           position::of(shared_->head.load(std::memory_order_seq_cst)).items;
  }
  // Records that are published and not consumed, at one moment during the call.
  std::uint32_t size() const;
  // How many records have been published, modulo 2^32.
  std::uint32_t published() const {
    return position::of(shared_->tail.load(std::memory_order_seq_cst)).items;
  }
  std::uint32_t item_limit() const { return shared_->item_limit.load(std::memory_order_relaxed); }
  // Whether front() has left a block that trim() might give back.
  bool has_spare_blocks() const {
    return crossed_ && shared_->blocks_end.load(std::memory_order_relaxed) > 2;
  }
  // Bytes of all blocks.
  std::uint64_t footprint() const;

  // What consumers and producers sleep on.
  runtime::wait_word& not_empty() const { return shared_->not_empty; }
  runtime::wait_word& not_full() const { return shared_->not_full; }
  lock_word& put_lock() const { return shared_->put_lock; }
  lock_word& get_lock() const { return shared_->get_lock; }
  // A participant that sleeps on its doorbell alone leaves its mark, to be rung by the next
  // announce_turn(). Then it looks a last time.
  void watch(participant_id who);
  // Something has changed that both sides look at, other than records: wakes all who sleep.
  void wake_all();

 private:
  static constexpr std::uint64_t header_bytes = (sizeof(ring_header) + page - 1) / page * page;
  // Of the length in a record's first word.
  static constexpr std::uint32_t go_on = 0xffffffff;      // no record: the next block
  static constexpr std::uint32_t in_a_word = 0xfffffffe;  // the length stands in a word behind
  struct record_head {
    std::uint32_t bytes;
    std::uint32_t type;
  };

  // All sums are of numbers far below 2^64 / 8: what is larger can't be got from any memory.
  static constexpr std::uint64_t units_of(std::uint64_t bytes) {
    return 1 + (bytes >= in_a_word ? 1 : 0) + bytes / ring_unit + (bytes % ring_unit != 0);
  }
  static std::uint64_t end_of(const ring_block& block) {
    const std::uint64_t units = block.units.load(std::memory_order_relaxed);
    return units < last_place ? units : last_place;
  }
  std::byte* at(const ring_block& block, std::uint64_t place, std::uint64_t units) const;

  bool below(std::uint32_t limit, const position& tail) {
    if (tail.items - position::of(shared_->known_head.load(std::memory_order_relaxed)).items <
        limit) [[likely]]
      return true;
    return tail.items - learn_head().items < limit;
  }
  position learn_head() {
    const std::uint64_t head = shared_->head.load(std::memory_order_acquire);
    shared_->known_head.store(head, std::memory_order_relaxed);
    return position::of(head);
  }
  record_room lay_out(const position& where, std::uint32_t type, std::uint64_t bytes,
                      std::uint64_t units);
  record_room begin_elsewhere(const position& where, std::uint32_t type, std::uint64_t bytes,
                              std::uint64_t units);
  std::uint32_t add_block(std::uint64_t units);
  void end_block(std::uint32_t number);
  bool in_use(std::uint32_t number, const position& head, const position& tail) const;
  void read(position at, record& next);
  void wake_consumers();

  participant* me_;
  object_name whole_;
  ring_header* shared_;
  bool crossed_ = false;
};

}  // namespace cohort::multiprocessing
