// The items of a priority queue in shared memory, as the holder of its lock sees them.
#pragma once

#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/sync/monitor.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace cohort::multiprocessing {

// The payload of the object. The table of slots is a part of it.
struct priority_state {
  monitor turns;
  // 1: the order may be broken and `count` is all that is known; to be built anew from the slots.
  shared_u32 doubtful;
  shared_u32 shut_down;
  shared_u32 bound;  // 0: none
  shared_u32 count;  // of items
  shared_u32 slot_bytes;
  shared_u32 type;  // of all items
  shared_u64 next_serial;
  shared_u64 table;  // index | generation << 32 of the part; 0: none yet
};

// A place for an item.
struct priority_slot {
  shared_u32 live;   // 1: holds an item; this store puts it and takes it
  shared_u32 index;  // of the part that holds the bytes, if they are long
  shared_u32 generation;
  shared_u32 unused;
  shared_u64 serial;  // of the put
  shared_u64 bytes;
};

// In front of the table: then the numbers of all slots, in the order of the heap as far as they
// hold items, then the slots, each with room for a short item.
struct priority_table {
  shared_u32 capacity;
  shared_u32 unused;
};

// Invariant: an item is in the queue if its slot is live, whatever the heap says. The heap, the
// count and which parts are in use follow from the slots, and are made anew from them where
// somebody died with the lock, or a comparison threw.
class priority_heap {
 public:
  using later_bytes = bool (*)(std::span<const std::byte>, std::span<const std::byte>);

  explicit priority_heap(const attachment& queue)
      : queue_(queue), state_(queue.payload_as<priority_state>()) {}

  static void create(const attachment& queue, std::uint32_t bound, std::size_t usual_bytes,
                     std::uint32_t type);

  // All of these under the lock. Counts the items, and marks the order as broken. Throws nothing.
  void recount();
  // Whatever throws has changed nothing.
  void push(const void* data, std::uint64_t bytes, later_bytes later);
  // The first item; there is one.
  std::span<const std::byte> top(later_bytes later);
  void pop(later_bytes later);

 private:
  struct in_order;

  std::byte* table() const;
  std::uint32_t capacity() const;
  std::uint32_t* heap() const;
  priority_slot& slot(std::uint32_t number) const;
  std::span<const std::byte> item(const priority_slot& of) const;
  object_name part_of(const priority_slot& of) const;
  static std::uint64_t table_bytes(std::uint64_t capacity, std::uint64_t slot_bytes);

  void settle(later_bytes later);
  void end_strays();
  void grow();
  template <class Change>
  void change(Change&& what);

  const attachment& queue_;
  priority_state& state_;
};

}  // namespace cohort::multiprocessing
