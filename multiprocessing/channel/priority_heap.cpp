#include "multiprocessing/channel/priority_heap.hpp"

#include <cohort/detail/signature.hpp>
#include <cohort/error.hpp>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace cohort::multiprocessing {

namespace {

constexpr std::uint32_t table_kind = detail::signature_id("priority table");
constexpr std::uint32_t item_kind = detail::signature_id("priority item");
constexpr std::uint32_t first_capacity = 64;
constexpr std::uint32_t largest_capacity = 1u << 30;

object_name name_of(std::uint64_t word) {
  return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
}
std::uint64_t word_of(object_name name) {
  return name.index | std::uint64_t{name.generation} << 32;
}
bool same(object_name a, object_name b) {
  return a.index == b.index && a.generation == b.generation;
}

}  // namespace

// The order of the heap: whether slot `a` comes out later than slot `b`.
struct priority_heap::in_order {
  const priority_heap& items;
  later_bytes later;
  bool operator()(std::uint32_t a, std::uint32_t b) const {
    const priority_slot& x = items.slot(a);
    const priority_slot& y = items.slot(b);
    if (later(items.item(x), items.item(y))) return true;
    if (later(items.item(y), items.item(x))) return false;
    return x.serial.load(std::memory_order_relaxed) > y.serial.load(std::memory_order_relaxed);
  }
};

void priority_heap::create(const attachment& queue, std::uint32_t bound, std::size_t usual_bytes,
                           std::uint32_t type) {
  auto& state = queue.payload_as<priority_state>();
  state.bound.store(bound, std::memory_order_relaxed);
  state.slot_bytes.store(
      static_cast<std::uint32_t>(sizeof(priority_slot) + (usual_bytes + 7) / 8 * 8),
      std::memory_order_relaxed);
  state.type.store(type, std::memory_order_relaxed);
}

std::byte* priority_heap::table() const {
  return object_payload(queue_.owner(), name_of(state_.table.load(std::memory_order_relaxed)));
}

std::uint32_t priority_heap::capacity() const {
  if (state_.table.load(std::memory_order_relaxed) == 0) return 0;
  return reinterpret_cast<priority_table*>(table())->capacity.load(std::memory_order_relaxed);
}

std::uint32_t* priority_heap::heap() const {
  return reinterpret_cast<std::uint32_t*>(table() + sizeof(priority_table));
}

priority_slot& priority_heap::slot(std::uint32_t number) const {
  const std::uint64_t behind = sizeof(priority_table) + std::uint64_t{4} * capacity();
  return *reinterpret_cast<priority_slot*>(
      table() + behind + std::uint64_t{state_.slot_bytes.load(std::memory_order_relaxed)} * number);
}

// Capacities are even, so that slots stand at multiples of 8.
std::uint64_t priority_heap::table_bytes(std::uint64_t capacity, std::uint64_t slot_bytes) {
  return sizeof(priority_table) + (4 + slot_bytes) * capacity;
}

object_name priority_heap::part_of(const priority_slot& of) const {
  return {of.index.load(std::memory_order_relaxed), of.generation.load(std::memory_order_relaxed)};
}

std::span<const std::byte> priority_heap::item(const priority_slot& of) const {
  const std::uint64_t bytes = of.bytes.load(std::memory_order_relaxed);
  const std::byte* data = part_of(of).generation != 0 ? object_payload(queue_.owner(), part_of(of))
                                                      : reinterpret_cast<const std::byte*>(&of + 1);
  return {data, static_cast<std::size_t>(bytes)};
}

void priority_heap::recount() {
  std::uint32_t count = 0;
  const std::uint32_t all = capacity();
  for (std::uint32_t i = 0; i < all; ++i) count += slot(i).live.load(std::memory_order_relaxed);
  state_.doubtful.store(1, std::memory_order_relaxed);
  state_.count.store(count, std::memory_order_relaxed);
}

// Makes the order what it should be.
void priority_heap::settle(later_bytes later) {
  if (state_.doubtful.load(std::memory_order_relaxed) == 0) return;
  end_strays();
  const std::uint32_t all = capacity();
  std::uint32_t front = 0;
  std::uint32_t back = all;
  for (std::uint32_t i = 0; i < all; ++i) {
    if (slot(i).live.load(std::memory_order_relaxed) != 0)
      heap()[front++] = i;
    else
      heap()[--back] = i;
  }
  if (front > 1) std::make_heap(heap(), heap() + front, in_order{*this, later});
  state_.doubtful.store(0, std::memory_order_relaxed);
}

// Parts that hold no item and are not the table: somebody died before they did, or after.
void priority_heap::end_strays() {
  participant& me = queue_.owner();
  const object_name current = name_of(state_.table.load(std::memory_order_relaxed));
  for (const object_name part : parts_of(me, queue_.name(), table_kind)) {
    if (!same(part, current)) destroy_part(me, part);
  }
  const std::uint32_t all = capacity();
  for (const object_name part : parts_of(me, queue_.name(), item_kind)) {
    bool held = false;
    for (std::uint32_t i = 0; i < all && !held; ++i) {
      const priority_slot& each = slot(i);
      held = each.live.load(std::memory_order_relaxed) != 0 && same(part_of(each), part);
    }
    if (!held) destroy_part(me, part);
  }
}

// Twice as many slots, in a table that replaces the old one by one store.
void priority_heap::grow() {
  participant& me = queue_.owner();
  const std::uint32_t before = capacity();
  const std::uint32_t after = before == 0 ? first_capacity : before * 2;
  if (after > largest_capacity) {
    throw resource_error("a priority queue can't hold more than " + std::to_string(before) +
                             " items; give it a bound",
                         {.operation = "put"});
  }
  const std::uint64_t slot_bytes = state_.slot_bytes.load(std::memory_order_relaxed);
  const object_name old = name_of(state_.table.load(std::memory_order_relaxed));
  const object_name made =
      create_object(me, table_kind, table_bytes(after, slot_bytes), queue_.name());
  std::byte* to = object_payload(me, made);
  reinterpret_cast<priority_table*>(to)->capacity.store(after, std::memory_order_relaxed);
  auto* order = reinterpret_cast<std::uint32_t*>(to + sizeof(priority_table));
  for (std::uint32_t i = before; i < after; ++i) order[i] = i;
  if (before != 0) {
    std::memcpy(order, heap(), std::size_t{4} * before);
    std::memcpy(to + table_bytes(after, 0), static_cast<void*>(&slot(0)), slot_bytes * before);
  }
  state_.table.store(word_of(made), std::memory_order_release);
  if (before != 0) destroy_part(me, old);
}

// The order is broken while what() runs, and after it where it throws.
template <class Change>
void priority_heap::change(Change&& what) {
  state_.doubtful.store(1, std::memory_order_relaxed);
  try {
    what();
  } catch (...) {
    recount();
    throw;
  }
  state_.doubtful.store(0, std::memory_order_release);
}

void priority_heap::push(const void* data, std::uint64_t bytes, later_bytes later) {
  settle(later);
  const std::uint32_t count = state_.count.load(std::memory_order_relaxed);
  if (count == capacity()) grow();
  participant& me = queue_.owner();
  const std::uint32_t number = heap()[count];
  priority_slot& place = slot(number);
  object_name part;
  if (bytes > state_.slot_bytes.load(std::memory_order_relaxed) - sizeof(priority_slot))
    part = create_object(me, item_kind, bytes, queue_.name());
  place.index.store(part.index, std::memory_order_relaxed);
  place.generation.store(part.generation, std::memory_order_relaxed);
  place.bytes.store(bytes, std::memory_order_relaxed);
  const std::uint64_t serial = state_.next_serial.load(std::memory_order_relaxed);
  state_.next_serial.store(serial + 1, std::memory_order_relaxed);
  place.serial.store(serial, std::memory_order_relaxed);
  if (bytes != 0) std::memcpy(const_cast<std::byte*>(item(place).data()), data, bytes);
  change([&] {
    std::push_heap(heap(), heap() + count + 1, in_order{*this, later});
    // The item is put by this store.
    place.live.store(1, std::memory_order_release);
    state_.count.store(count + 1, std::memory_order_relaxed);
  });
}

std::span<const std::byte> priority_heap::top(later_bytes later) {
  settle(later);
  return item(slot(heap()[0]));
}

void priority_heap::pop(later_bytes later) {
  settle(later);
  const std::uint32_t count = state_.count.load(std::memory_order_relaxed);
  priority_slot& first = slot(heap()[0]);
  const object_name part = part_of(first);
  change([&] {
    std::pop_heap(heap(), heap() + count, in_order{*this, later});
    // The item is taken by this store.
    first.live.store(0, std::memory_order_release);
    state_.count.store(count - 1, std::memory_order_relaxed);
  });
  if (part.generation != 0) destroy_part(queue_.owner(), part);
}

}  // namespace cohort::multiprocessing
