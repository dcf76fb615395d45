#include "multiprocessing/channel/ring.hpp"

#include <cohort/detail/signature.hpp>
#include <cohort/error.hpp>

#include "runtime/cache_hints.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <vector>

namespace cohort::multiprocessing {

namespace {

// Of a block that is one of the first two and no object.
constexpr std::uint32_t own_memory = 0xffffffff;
// Free blocks of up to so many bytes are kept for the next long records.
constexpr std::uint64_t kept_bytes = 32 * 1024 * 1024;
constexpr std::uint64_t largest_growth = 32 * 1024 * 1024;
constexpr std::uint64_t lines_ahead = 3;

[[noreturn]] void throw_damaged() {
  throw archive_error(
      "the shared memory of a queue or pipe is damaged: a process of this job has written where it "
      "must not",
      {.operation = "get"});
}

}  // namespace

void ring::create(const region& shared, ring_header& where, const ring_limits& limits) {
  const std::uint64_t behind = shared.memory().offset_of(&where) + header_bytes;
  for (std::uint32_t i = 0; i < 2; ++i) {
    ring_block& block = where.blocks[i];
    block.units.store(limits.block_bytes / ring_unit, std::memory_order_relaxed);
    block.index.store(own_memory, std::memory_order_relaxed);
    block.offset.store(behind + std::uint64_t{limits.block_bytes} * i, std::memory_order_relaxed);
  }
  where.blocks_end.store(2, std::memory_order_relaxed);
  where.item_limit.store(limits.items, std::memory_order_relaxed);
  where.byte_limit.store(limits.bytes, std::memory_order_relaxed);
  where.block_units.store(static_cast<std::uint32_t>(limits.block_bytes / ring_unit),
                          std::memory_order_relaxed);
  where.part_kind.store(detail::signature_id("ring block") + limits.number,
                        std::memory_order_relaxed);
}

std::byte* ring::at(const ring_block& block, std::uint64_t place, std::uint64_t units) const {
  return me_->shared().memory().at<std::byte>(
      block.offset.load(std::memory_order_relaxed) + place * ring_unit, units * ring_unit);
}

record_room ring::lay_out(const position& where, std::uint32_t type, std::uint64_t bytes,
                          std::uint64_t units) {
  const ring_block& block = shared_->blocks[where.block];
  std::byte* to = at(block, where.place, units);
  const record_head head{bytes < in_a_word ? static_cast<std::uint32_t>(bytes) : in_a_word, type};
  std::memcpy(to, &head, sizeof head);
  to += ring_unit;
  if (head.bytes == in_a_word) {
    std::memcpy(to, &bytes, sizeof bytes);
    to += ring_unit;
  }
  // The consumer has read these lines a lap ago: they are fetched back meanwhile.
  runtime::own_soon(to + lines_ahead * cache_line);
  const std::uint64_t behind = std::min<std::uint64_t>(where.place + units, last_place);
  return {to, position{where.items + 1, static_cast<std::uint32_t>(behind), where.block}.word()};
}

bool ring::in_use(std::uint32_t number, const position& head, const position& tail) const {
  if (number == head.block || number == tail.block) return true;
  const std::uint32_t left = shared_->blocks[number].left.load(std::memory_order_relaxed);
  // head < left <= tail, on a circle.
  return left - head.items - 1 < tail.items - head.items;
}

// The block of the tail has no room for it: the smallest free one that has, or one more.
record_room ring::begin_elsewhere(const position& where, std::uint32_t type, std::uint64_t bytes,
                                  std::uint64_t units) {
  const position head = learn_head();
  std::uint32_t found = most_blocks;
  std::uint64_t units_found = 0;
  std::uint64_t units_used = 0;
  std::uint64_t units_free = 0;
  std::uint32_t used = 0;
  const std::uint32_t end = shared_->blocks_end.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < end; ++i) {
    const ring_block& block = shared_->blocks[i];
    if (block.offset.load(std::memory_order_relaxed) == 0) continue;
    const std::uint64_t room = block.units.load(std::memory_order_relaxed);
    if (in_use(i, head, where)) {
      units_used += room;
      ++used;
      continue;
    }
    units_free += room;
    if (room >= units && (found == most_blocks || room < units_found)) {
      found = i;
      units_found = room;
    }
  }
  if (found == most_blocks) {
    std::uint64_t grown = units;
    const std::uint64_t first = shared_->block_units.load(std::memory_order_relaxed);
    if (const std::uint64_t limit = shared_->byte_limit.load(std::memory_order_relaxed);
        limit != 0) {
      // With two blocks in use, the sender of a long record need not wait for its receiver.
      const bool may_grow = units > first && (units_used * ring_unit <= limit || used <= 2);
      if (!may_grow) return {nullptr, head.word()};
    } else {
      grown = std::max(units, std::clamp(units_used, first, largest_growth / ring_unit));
    }
    // Those were too short, and may never be long enough.
    if (units_free * ring_unit > kept_bytes) trim();
    found = add_block(grown);
  }

  ring_block& here = shared_->blocks[where.block];
  here.next.store(found, std::memory_order_relaxed);
  here.left.store(where.items, std::memory_order_relaxed);
  if (where.place < end_of(here)) {
    const record_head mark{go_on, 0};
    std::memcpy(at(here, where.place, 1), &mark, sizeof mark);
  }
  return lay_out({where.items, 0, found}, type, bytes, units);
}

std::uint32_t ring::add_block(std::uint64_t units) {
  std::uint32_t number = 2;
  const std::uint32_t end = shared_->blocks_end.load(std::memory_order_relaxed);
  while (number < end && shared_->blocks[number].offset.load(std::memory_order_relaxed) != 0)
    ++number;
  if (number == most_blocks) {
    throw resource_error("what waits in this queue takes " + std::to_string(footprint() >> 20) +
                             " MiB already; give it a bound, or take items out",
                         {.operation = "put"});
  }
  const std::uint64_t bytes = (units * ring_unit + page - 1) / page * page;
  const object_name made =
      create_object(*me_, shared_->part_kind.load(std::memory_order_relaxed), bytes, whole_);
  ring_block& block = shared_->blocks[number];
  block.units.store(bytes / ring_unit, std::memory_order_relaxed);
  block.index.store(made.index, std::memory_order_relaxed);
  block.generation.store(made.generation, std::memory_order_relaxed);
  // In use by nobody: no record in it is still to be read.
  block.left.store(position::of(shared_->known_head.load(std::memory_order_relaxed)).items,
                   std::memory_order_relaxed);
  if (number == end) shared_->blocks_end.store(end + 1, std::memory_order_relaxed);
  const region& shared = me_->shared();
  block.offset.store(shared.memory().offset_of(object_payload(*me_, made)),
                     std::memory_order_relaxed);
  return number;
}

void ring::end_block(std::uint32_t number) {
  ring_block& block = shared_->blocks[number];
  block.offset.store(0, std::memory_order_relaxed);
  destroy_part(*me_, {block.index.load(std::memory_order_relaxed),
                      block.generation.load(std::memory_order_relaxed)});
}

void ring::trim() {
  const position tail = position::of(shared_->tail.load(std::memory_order_relaxed));
  const position head = learn_head();
  const std::uint32_t end = shared_->blocks_end.load(std::memory_order_relaxed);
  std::uint64_t kept = 0;
  for (std::uint32_t i = 2; i < end; ++i) {
    const ring_block& block = shared_->blocks[i];
    if (block.offset.load(std::memory_order_relaxed) == 0 || in_use(i, head, tail)) continue;
    const std::uint64_t bytes = block.units.load(std::memory_order_relaxed) * ring_unit;
    if (kept + bytes <= kept_bytes)
      kept += bytes;
    else
      end_block(i);
  }
}

void ring::adopt() {
  const std::uint32_t end = shared_->blocks_end.load(std::memory_order_relaxed);
  for (const object_name part :
       parts_of(*me_, whole_, shared_->part_kind.load(std::memory_order_relaxed))) {
    const bool known =
        std::any_of(shared_->blocks + 2, shared_->blocks + end, [&](const ring_block& block) {
          return block.offset.load(std::memory_order_relaxed) != 0 &&
                 block.index.load(std::memory_order_relaxed) == part.index &&
                 block.generation.load(std::memory_order_relaxed) == part.generation;
        });
    if (!known) destroy_part(*me_, part);
  }
}

void ring::read(position where, record& next) {
  for (bool crossed = false;; crossed = true) {
    const ring_block& block = shared_->blocks[where.block];
    if (where.place < end_of(block)) {
      const std::byte* from = at(block, where.place, 1);
      record_head head{};
      std::memcpy(&head, from, sizeof head);
      if (head.bytes != go_on) {
        const std::uint64_t room = block.units.load(std::memory_order_relaxed) - where.place;
        std::uint64_t bytes = head.bytes;
        from += ring_unit;
        if (head.bytes == in_a_word) {
          if (room < 2) throw_damaged();
          std::memcpy(&bytes, from, sizeof bytes);
          from += ring_unit;
        }
        if (bytes > room * ring_unit || units_of(bytes) > room) throw_damaged();
        const std::uint64_t behind =
            std::min<std::uint64_t>(where.place + units_of(bytes), last_place);
        next = {head.type, bytes, from,
                position{where.items + 1, static_cast<std::uint32_t>(behind), where.block}.word()};
        return;
      }
    }
    const std::uint32_t number = block.next.load(std::memory_order_relaxed);
    if (crossed || number >= most_blocks) throw_damaged();
    // A commit of its own, so that the block is free while the record behind it is read.
    where = {where.items, 0, number};
    crossed_ = true;
    shared_->head.store(where.word(), std::memory_order_seq_cst);
    if (shared_->byte_limit.load(std::memory_order_relaxed) != 0 &&
        shared_->not_full.sleepers.load(std::memory_order_seq_cst) != 0)
      shared_->not_full.notify();
  }
}

std::uint32_t ring::size() const {
  std::uint64_t head = shared_->head.load(std::memory_order_seq_cst);
  for (;;) {
    const std::uint64_t tail = shared_->tail.load(std::memory_order_seq_cst);
    const std::uint64_t again = shared_->head.load(std::memory_order_seq_cst);
    if (again == head) return position::of(tail).items - position::of(head).items;
    head = again;
  }
}

std::uint64_t ring::footprint() const {
  std::uint64_t units = 0;
  for (std::uint32_t i = 0; i < shared_->blocks_end.load(std::memory_order_relaxed); ++i) {
    if (shared_->blocks[i].offset.load(std::memory_order_relaxed) != 0)
      units += shared_->blocks[i].units.load(std::memory_order_relaxed);
  }
  return units * ring_unit;
}

void ring::watch(participant_id who) {
  const std::uint32_t slot = slot_of(who);
  shared_->watchers[slot / 64].fetch_or(std::uint64_t{1} << (slot % 64), std::memory_order_seq_cst);
  leave_mark(shared_->not_empty);
  // As in after_turns (ring_wait.hpp).
  shared_->put_lock.fetch_or(0, std::memory_order_acq_rel);
}

void ring::wake_consumers() {
  wake(shared_->not_empty);
  for (std::uint32_t word = 0; word < max_participants / 64; ++word) {
    if (shared_->watchers[word].load(std::memory_order_seq_cst) == 0) continue;
    std::uint64_t bits = shared_->watchers[word].exchange(0, std::memory_order_seq_cst);
    for (; bits != 0; bits &= bits - 1) {
      const auto slot = word * 64 + static_cast<std::uint32_t>(std::countr_zero(bits));
      me_->shared().participant(slot).doorbell.notify();
    }
  }
}

void ring::wake_all() {
  wake_consumers();
  wake(shared_->not_full);
}

}  // namespace cohort::multiprocessing
