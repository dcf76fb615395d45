#include "multiprocessing/memory/object_table.hpp"

#include <cohort/error.hpp>

#include "multiprocessing/memory/pages.hpp"
#include "multiprocessing/memory/region_lock.hpp"

#include <algorithm>
#include <string>

namespace cohort::multiprocessing {

namespace {

bool is(const object_entry& object, object_name which) {
  return object.state.load(std::memory_order_relaxed) == object_state::live &&
         object.generation.load(std::memory_order_relaxed) == which.generation;
}

// The entry, or nullptr where a name is not that of a live object: it may be any bytes.
object_entry* find(const region& shared, object_name which) {
  if (which.index >= shared.header().objects_end.load(std::memory_order_relaxed)) return nullptr;
  object_entry& object = shared.object(which.index);
  return is(object, which) ? &object : nullptr;
}

// A vacant place whose entry exists.
std::uint32_t find_place(const region& shared) {
  region_header& head = shared.header();
  const std::uint32_t end = head.objects_end.load(std::memory_order_relaxed);
  const std::uint32_t begin = std::min(head.next_object.load(std::memory_order_relaxed), end);
  for (std::uint32_t i = begin; i < end; ++i) {
    if (shared.object(i).state.load(std::memory_order_relaxed) == object_state::vacant) return i;
  }
  if (end == max_objects) {
    throw resource_error("the processes of this job share " + std::to_string(max_objects) +
                             " objects already (locks, queues, arrays, …); let go of some",
                         {.operation = "shared object"});
  }
  shared.memory().reserve(shared.map().object(end), sizeof(object_entry));
  return end;
}

void set_holder(object_entry& object, std::uint32_t slot, bool holds) {
  shared_u64& word = object.holders[slot / 64];
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  const std::uint64_t now = word.load(std::memory_order_relaxed);
  word.store(holds ? now | bit : now & ~bit, std::memory_order_relaxed);
}

void end_at(const region& shared, std::uint32_t index) {
  end_object(shared, index);
  region_header& head = shared.header();
  if (index < head.next_object.load(std::memory_order_relaxed)) {
    head.next_object.store(index, std::memory_order_relaxed);
  }
}

}  // namespace

object_name create_object(participant& me, std::uint32_t kind, std::uint64_t bytes,
                          object_name whole) {
  const region& shared = me.shared();
  const region_lock lock(me);
  const std::uint32_t index = find_place(shared);
  page_run run;
  if (bytes > inline_payload) run = find_pages(shared, (bytes + page - 1) / page);

  object_entry& object = shared.object(index);
  const std::uint32_t generation =
      std::max<std::uint32_t>(1, object.generation.load(std::memory_order_relaxed) + 1);
  object.generation.store(generation, std::memory_order_relaxed);
  object.kind.store(kind, std::memory_order_relaxed);
  object.transit.store(0, std::memory_order_relaxed);
  object.parts.store(0, std::memory_order_relaxed);
  object.bytes.store(bytes, std::memory_order_relaxed);
  object.offset.store(
      run.count != 0 ? shared.map().page_at(run.first) : shared.memory().offset_of(object.payload),
      std::memory_order_relaxed);
  for (shared_u64& holders : object.holders) holders.store(0, std::memory_order_relaxed);
  std::fill(std::begin(object.payload), std::end(object.payload), std::byte{0});
  if (whole.generation != 0) {
    object.parent.store(whole.index + 1, std::memory_order_relaxed);
    shared.object(whole.index).parts.store(1, std::memory_order_relaxed);
  } else {
    object.parent.store(0, std::memory_order_relaxed);
    set_holder(object, slot_of(me.id()), true);
  }
  object.state.store(object_state::live, std::memory_order_release);

  if (run.count != 0) mark_used(shared, run);
  region_header& head = shared.header();
  if (index == head.objects_end.load(std::memory_order_relaxed)) {
    head.objects_end.store(index + 1, std::memory_order_relaxed);
  }
  head.next_object.store(index + 1, std::memory_order_relaxed);
  return {index, generation};
}

bool hold_object(participant& me, object_name which, std::uint32_t kind, bool arrived) {
  const region_lock lock(me);
  object_entry* object = find(me.shared(), which);
  if (!object || object->kind.load(std::memory_order_relaxed) != kind) return false;
  set_holder(*object, slot_of(me.id()), true);
  if (arrived) {
    // Bytes may be read twice, so there may be none left.
    const std::uint32_t transit = object->transit.load(std::memory_order_relaxed);
    if (transit != 0) object->transit.store(transit - 1, std::memory_order_relaxed);
  }
  return true;
}

void drop_object(participant& me, object_name which) {
  if (me.left()) return;  // given back with all the rest
  const region_lock lock(me);
  object_entry* object = find(me.shared(), which);
  if (!object) return;
  set_holder(*object, slot_of(me.id()), false);
  if (!is_wanted(*object)) end_at(me.shared(), which.index);
}

void send_object(participant& me, object_name which) {
  const region_lock lock(me);
  if (object_entry* object = find(me.shared(), which)) {
    object->transit.store(object->transit.load(std::memory_order_relaxed) + 1,
                          std::memory_order_relaxed);
  }
}

void destroy_part(participant& me, object_name part) {
  const region_lock lock(me);
  if (find(me.shared(), part)) end_at(me.shared(), part.index);
}

std::vector<object_name> parts_of(participant& me, object_name whole, std::uint32_t kind) {
  const region& shared = me.shared();
  const region_lock lock(me);
  std::vector<object_name> parts;
  const std::uint32_t end = shared.header().objects_end.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < end; ++i) {
    const object_entry& object = shared.object(i);
    if (object.state.load(std::memory_order_relaxed) == object_state::live &&
        object.parent.load(std::memory_order_relaxed) == whole.index + 1 &&
        object.kind.load(std::memory_order_relaxed) == kind) {
      parts.push_back({i, object.generation.load(std::memory_order_relaxed)});
    }
  }
  return parts;
}

bool object_lives(const participant& me, object_name which) {
  if (which.index >= max_objects) return false;
  const object_entry& object = me.shared().object(which.index);
  return object.state.load(std::memory_order_acquire) == object_state::live &&
         object.generation.load(std::memory_order_relaxed) == which.generation;
}

std::byte* object_payload(const participant& me, object_name which) {
  const region& shared = me.shared();
  const object_entry& object = shared.object(which.index);
  return shared.memory().at<std::byte>(object.offset.load(std::memory_order_relaxed),
                                       object.bytes.load(std::memory_order_relaxed));
}

std::uint64_t object_bytes(const participant& me, object_name which) {
  return me.shared().object(which.index).bytes.load(std::memory_order_relaxed);
}

}  // namespace cohort::multiprocessing
