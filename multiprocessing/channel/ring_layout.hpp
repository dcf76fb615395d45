// What a ring of records looks like in shared memory.
#pragma once

#include "multiprocessing/family/layout.hpp"

#include <cstddef>
#include <cstdint>

namespace cohort::multiprocessing {

// Records begin at multiples of this many bytes.
inline constexpr std::uint64_t ring_unit = 8;
inline constexpr std::uint32_t most_blocks = 512;
// The last place in a block that a position can name: nothing begins there.
inline constexpr std::uint32_t last_place = (1u << 23) - 1;

// How far one side has come, in one word, so that one store commits all of it: how many records,
// modulo 2^32; the block of the last one; and the place behind it there, in units.
struct position {
  std::uint32_t items = 0;
  std::uint32_t place = 0;
  std::uint32_t block = 0;

  static constexpr position of(std::uint64_t word) {
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32) & last_place,
            static_cast<std::uint32_t>(word >> 55)};
  }
  constexpr std::uint64_t word() const {
    return items | std::uint64_t{place} << 32 | std::uint64_t{block} << 55;
  }
};
static_assert(most_blocks == 1u << 9);

// A run of memory that records stand in, one behind the other. Written by the producer, before the
// position that leads there is.
struct ring_block {
  shared_u64 offset;  // in the arena; 0: there is no such block
  shared_u64 units;
  shared_u32 left;   // the number of records before the first one behind this block
  shared_u32 next;   // the block that the producer went on to
  shared_u32 index;  // of the object that it is, unless it is one of the first two
  shared_u32 generation;
};
static_assert(sizeof(ring_block) == 32);

// The first two blocks stand behind it.
struct ring_header {
  // Written by the producer. The lock is for those who take turns in being the producer.
  alignas(cache_line) lock_word put_lock;
  shared_u32 blocks_end;  // no block from here on
  shared_u64 tail;        // a position
  shared_u64 known_head;  // the consumer's, as last read

  // Written by the consumer.
  alignas(cache_line) lock_word get_lock;
  shared_u64 head;        // a position
  shared_u64 known_tail;  // the producer's, as last read

  // Written seldom.
  alignas(cache_line) runtime::wait_word not_empty;
  runtime::wait_word not_full;
  shared_u32 item_limit;   // 0: none
  shared_u32 block_units;  // of the first two
  shared_u64 byte_limit;   // 0: none
  shared_u32 part_kind;    // of the objects that further blocks are

  // Participants whose doorbell is to be rung, once, when something has come: a bit for each.
  alignas(cache_line) shared_u64 watchers[max_participants / 64];

  alignas(cache_line) ring_block blocks[most_blocks];
};

}  // namespace cohort::multiprocessing
