#include "collectives/schedule/slot_store.hpp"

#include <cohort/error.hpp>

#include "collectives/schedule/access_times.hpp"

#include <cstring>
#include <string>
#include <utility>

namespace cohort::collectives {

namespace {

using detail::collective;

constexpr std::uint64_t unknown = ~std::uint64_t{0};

std::size_t blocks_of_result(const detail::collective_call& part, int ranks) {
  switch (part.what) {
    case collective::gather:
    case collective::all_gather:
    case collective::all_to_all:
      return static_cast<std::size_t>(ranks);
    case collective::neighbor_all_gather:
    case collective::neighbor_all_to_all:
      return part.from.size();
    default:
      return 1;
  }
}

// exscan gives rank 0 nothing, operations with a root give nothing to the others.
bool leaves_result(const detail::collective_call& part, const schedule& plan) {
  return plan.store.empty() && part.what != collective::neighbor_all_gather &&
         part.what != collective::neighbor_all_to_all;
}

void move_bytes(std::byte* to, const std::byte* from, std::uint64_t bytes) {
  if (bytes != 0 && to != from) std::memmove(to, from, bytes);
}

void* grow_memory(void* owner, std::uint64_t bytes, std::uint32_t) {
  return static_cast<aligned_bytes*>(owner)->allocate(bytes);
}

}  // namespace

void slot_store::region::include(const std::byte* data, std::uint64_t bytes) {
  if (bytes == 0) return;
  if (first == last) {
    first = data;
    last = data + bytes;
  }
  first = std::min(first, data);
  last = std::max(last, data + bytes);
}

slot_store::slot_store(const detail::collective_call& part, const schedule& plan, int ranks)
    : part_(part),
      plan_(plan),
      result_blocks_(blocks_of_result(part, ranks)),
      result_base_(static_cast<std::byte*>(part.got.data)),
      input_(part.given.layout),
      result_(part.got.layout),
      slots_(plan.slots) {
  if (part.uniform) make_result();
  find_regions();
  load();
  if (part.uniform) {
    size_slots();
    place_slots();
  }
  if (input_region_.overlaps(result_region_)) keep_threatened();
}

// Where the result is made to size, and the size is known: makes it now, so that blocks can be
// received into it.
void slot_store::make_result() {
  if (!part_.got.grow || leaves_result(part_, plan_)) return;
  const std::uint64_t each = std::max(part_.given.layout.each, part_.got.layout.each);
  const std::vector<std::uint64_t> sizes(result_blocks_, each);
  result_base_ = static_cast<std::byte*>(part_.got.grow(part_.got.owner, sizes));
  result_ = block_table({.each = each, .sizes = {}, .offsets = {}});
}

extent slot_store::source_of(const assignment& loaded) const {
  return input_.part(loaded, part_.type->size);
}

std::byte* slot_store::target_of(const assignment& stored) const {
  return result_base_ + result_.part(stored, part_.type->size).offset;
}

void slot_store::find_regions() {
  const auto* given = static_cast<const std::byte*>(part_.given.data);
  for (const assignment& a : plan_.load) {
    const extent source = source_of(a);
    input_region_.include(given + source.offset, source.bytes);
  }
  if (!result_base_) return;
  for (const assignment& a : plan_.store) {
    result_region_.include(target_of(a), result_.part(a, part_.type->size).bytes);
  }
}

void slot_store::load() {
  const auto* given = static_cast<const std::byte*>(part_.given.data);
  for (const assignment& a : plan_.load) {
    const extent source = source_of(a);
    slots_[a.where].data = given + source.offset;
    slots_[a.where].bytes = source.bytes;
  }
}

// All sizes of a uniform call follow from those of what is loaded and stored: operands and result
// of a step are equally long. A slot of which nothing follows is only passed on, as a whole block.
void slot_store::size_slots() {
  std::vector<std::uint64_t> known(slots_.size(), unknown);
  for (const assignment& a : plan_.load) known[a.where] = source_of(a).bytes;
  if (result_base_) {
    for (const assignment& a : plan_.store) {
      known[a.where] = result_.part(a, part_.type->size).bytes;
    }
  }
  const auto equate = [&](slot one, slot other) {
    if (known[one] == known[other]) return false;
    if (known[one] == unknown) known[one] = known[other];
    if (known[other] == unknown) known[other] = known[one];
    return true;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (const round& r : plan_.rounds) {
      for (const local_step& step : r.after) {
        changed |= equate(step.left, step.into);
        changed |= equate(step.left, step.right);
      }
    }
  }
  const std::uint64_t whole = std::max(part_.given.layout.each, part_.got.layout.each);
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    slots_[s].bytes = known[s] == unknown ? whole : known[s];
  }
}

void slot_store::place_slots() {
  if (result_base_) {
    std::vector<int> stores(slots_.size());
    for (const assignment& a : plan_.store) ++stores[a.where];
    for (const assignment& a : plan_.store) {
      if (stores[a.where] == 1) slots_[a.where].place = target_of(a);
    }
  }
  // In the order of their numbers, so that slots that travel together stand together.
  const access_times times(plan_);
  const auto needs_scratch = [&](std::size_t s) {
    return !slots_[s].place && times.first_write[s] != at_the_end;
  };
  std::uint64_t bytes = 0;
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    if (needs_scratch(s)) bytes += slots_[s].bytes;
  }
  if (bytes == 0) return;
  std::byte* next = new_memory().allocate(bytes);
  for (std::size_t s = 0; s < slots_.size(); ++s) {
    if (!needs_scratch(s)) continue;
    slots_[s].place = next;
    next += slots_[s].bytes;
  }
}

// Copies the loaded slots that a write to the result could change before they are last read. A step
// may write over its own operand.
void slot_store::keep_threatened() {
  access_times times(plan_);
  for (const assignment& a : plan_.store) {
    const state& s = slots_[a.where];
    if (s.data != target_of(a)) times.last_read[a.where] = at_the_end;  // it is copied there
    if (s.place != target_of(a)) times.first_write[a.where] = at_the_end;
  }
  for (const assignment& loaded : plan_.load) {
    state& s = slots_[loaded.where];
    region view;
    view.include(s.data, s.bytes);
    for (const assignment& stored : plan_.store) {
      if (stored.where == loaded.where) continue;
      region target;
      target.include(target_of(stored), result_.part(stored, part_.type->size).bytes);
      if (!view.overlaps(target)) continue;
      const moment read = times.last_read[loaded.where];
      const moment written = times.first_write[stored.where];
      const bool own_operand = written == read && read != at_the_end &&
                               read % messages_of(0) != 0 && view.first == target.first &&
                               view.last == target.last;
      if (written > read || own_operand) continue;
      std::byte* copy = new_memory().allocate(s.bytes);
      std::memcpy(copy, s.data, s.bytes);
      s.data = copy;
      break;
    }
  }
}

// The sizes of its slots precede a message whose receiver does not know them; where its bytes are
// to be combined as elements, these stand aligned.
std::uint64_t slot_store::header_bytes(std::size_t slots) const {
  if (part_.uniform) return 0;
  const std::uint64_t bytes = slots * sizeof(std::uint64_t);
  if (!part_.op || !part_.op->combine) return bytes;
  return (bytes + aligned_bytes::alignment - 1) / aligned_bytes::alignment *
         aligned_bytes::alignment;
}

std::span<const std::byte> slot_store::outgoing(const std::vector<slot>& slots) {
  if (slots.empty()) return {};
  const std::uint64_t header = header_bytes(slots.size());
  std::uint64_t bytes = 0;
  bool together = header == 0;
  const std::byte* first = slots_[slots.front()].data;
  for (const slot s : slots) {
    together = together && (slots_[s].bytes == 0 || slots_[s].data == first + bytes);
    bytes += slots_[s].bytes;
  }
  if (together) return {first, bytes};
  std::byte* const packed = packed_.emplace_back().allocate(header + bytes);
  std::memset(packed, 0, header);
  std::byte* next = packed + header;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const state& s = slots_[slots[i]];
    if (header != 0) std::memcpy(packed + i * sizeof s.bytes, &s.bytes, sizeof s.bytes);
    move_bytes(next, s.data, s.bytes);
    next += s.bytes;
  }
  return {packed, header + bytes};
}

slot_store::room slot_store::room_for(const std::vector<slot>& slots,
                                      const detail::element_type& type) {
  room result;
  result.where.type = &type;
  result.where.exact = true;
  if (slots.empty()) return result;
  if (!part_.uniform) {
    result.message = &new_memory();
    result.where.grow = &grow_memory;
    result.where.owner = result.message;
    return result;
  }
  bool together = true;
  std::byte* const first = slots_[slots.front()].place;
  for (const slot s : slots) {
    together =
        together && (slots_[s].bytes == 0 || slots_[s].place == first + result.where.capacity);
    result.where.capacity += slots_[s].bytes;
  }
  result.where.data = first;
  if (!together) {
    result.message = &new_memory();
    result.where.data = result.message->allocate(result.where.capacity);
  }
  return result;
}

void slot_store::arrived(const std::vector<slot>& slots, const room& into, std::uint64_t bytes) {
  if (!into.message) {
    for (const slot s : slots) slots_[s].data = slots_[s].place;
    return;
  }
  const std::uint64_t header = header_bytes(slots.size());
  const auto nonsense = [&] {
    throw collective_error("a message of " + std::to_string(bytes) + " bytes makes no sense as " +
                               std::to_string(slots.size()) + " blocks",
                           {});
  };
  if (bytes < header) nonsense();
  const std::byte* const message = into.message->data();
  std::uint64_t at = header;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    state& s = slots_[slots[i]];
    if (header != 0) std::memcpy(&s.bytes, message + i * sizeof s.bytes, sizeof s.bytes);
    if (s.bytes > bytes - at) nonsense();
    s.data = message + at;
    at += s.bytes;
  }
  if (at != bytes) nonsense();
}

std::byte* slot_store::destination_of(state& into, std::uint64_t bytes) {
  return into.place ? into.place : new_memory().allocate(bytes);
}

void slot_store::apply(const local_step& step) {
  combine(slots_[step.left], slots_[step.right], slots_[step.into]);
}

void slot_store::combine(const state& left, const state& right, state& into) {
  const detail::reduction& op = *part_.op;
  if (!op.combine) {
    byte_buffer& out = archives_.emplace_back();
    op.combine_packed(op.op, {left.data, left.bytes}, {right.data, right.bytes}, out);
    into.data = out.data();
    into.bytes = out.size();
    return;
  }
  if (left.bytes != right.bytes) {
    const auto elements = [&](const state& s) {
      return std::to_string(s.bytes / part_.type->size) + " elements of " + part_.type->name;
    };
    throw collective_error("ranks gave blocks of different lengths to reduce: " + elements(left) +
                               " and " + elements(right) + "; give equally many on all ranks",
                           {});
  }
  const std::uint64_t bytes = left.bytes;
  std::byte* const out = destination_of(into, bytes);
  if (bytes != 0) op.combine(op.op, left.data, right.data, out, bytes / part_.type->size);
  into.data = out;
  into.bytes = bytes;
}

std::vector<std::uint64_t> slot_store::stored_sizes() const {
  std::vector<std::uint64_t> sizes(result_blocks_);
  for (const assignment& a : plan_.store) sizes[a.block] += slots_[a.where].bytes;
  return sizes;
}

void slot_store::check_lengths(std::span<const std::uint64_t> stored) const {
  for (const assignment& a : plan_.store) {
    const std::uint64_t expected = result_.block(a.block).bytes;
    const std::uint64_t actual = stored[a.block];
    if (expected == actual) continue;
    const std::uint32_t size = part_.type->size;
    throw collective_error("block " + std::to_string(a.block) + " of the result: expected " +
                               std::to_string(expected / size) + " elements of " +
                               part_.type->name + ", got " + std::to_string(actual / size),
                           {});
  }
}

void slot_store::store() {
  if (input_copy_ || leaves_result(part_, plan_)) return;
  if (!part_.uniform) {
    const auto sizes = stored_sizes();
    if (part_.got.grow) {
      result_base_ = static_cast<std::byte*>(part_.got.grow(part_.got.owner, sizes));
      std::uint64_t end = 0;
      std::vector<std::uint64_t> starts;
      for (const std::uint64_t bytes : sizes) {
        starts.push_back(end);
        end += bytes;
      }
      for (const assignment& a : plan_.store) {
        state& s = slots_[a.where];
        move_bytes(result_base_ + starts[a.block], s.data, s.bytes);
        starts[a.block] += s.bytes;  // the parts of a block are stored in their order
      }
      return;
    }
    check_lengths(sizes);
  }
  for (const assignment& a : plan_.store) {
    move_bytes(target_of(a), slots_[a.where].data, slots_[a.where].bytes);
  }
}

void slot_store::detach() {
  if (input_copy_) return;
  if (input_region_.overlaps(result_region_)) {  // one piece of memory, seen twice
    input_region_.first = std::min(input_region_.first, result_region_.first);
    input_region_.last = std::max(input_region_.last, result_region_.last);
    result_region_ = input_region_;
  }
  const auto copy = [&](const region& r) {
    const auto bytes = static_cast<std::size_t>(r.last - r.first);
    const auto skew = reinterpret_cast<std::uintptr_t>(r.first) % aligned_bytes::alignment;
    std::byte* const to = new_memory().allocate(bytes + skew) + skew;
    if (bytes != 0) std::memcpy(to, r.first, bytes);
    return to;
  };
  std::byte* const input = copy(input_region_);
  std::byte* const result =
      result_region_.first == input_region_.first ? input : copy(result_region_);
  input_copy_ = input;
  result_copy_ = result;
  for (state& s : slots_) {
    s.data = moved(s.data);
    s.place = moved(s.place);
  }
}

std::byte* slot_store::moved(const void* address) const {
  const auto* at = static_cast<const std::byte*>(address);
  if (input_region_.holds(at)) return input_copy_ + (at - input_region_.first);
  if (result_region_.holds(at)) return result_copy_ + (at - result_region_.first);
  return const_cast<std::byte*>(at);
}

}  // namespace cohort::collectives
