// What the ranks of a communicator share on a board: posts, claims, and the words that close it.
#pragma once

#include "runtime/layout.hpp"

#include <cstddef>
#include <cstdint>

namespace cohort::collectives {

using runtime::shared_u32;
using runtime::shared_u64;

// Steps are numbered from 1 and wrap around; two that are compared are less than 2^31 apart.
using step_number = std::uint32_t;
constexpr bool reached(step_number at, step_number wanted) {
  return static_cast<std::int32_t>(at - wanted) >= 0;
}

// A rank's posts go round in so many lines. A power of two, so that wrapping steps keep their line.
inline constexpr std::uint32_t post_slots = 16;
inline constexpr std::size_t inline_room = 48;

// What a post says about the blocks that its rank shows.
enum class form : std::uint8_t {
  nothing,  // the rank has come, and shows none
  inlined,  // they stand in the post
  staged,   // in the poster's staging area: one round of them
  exposed,  // in the poster's memory, to be read until everyone who reads them has gone on
};

// One rank's word for one step: a cache line that only this rank writes. `stamp` announces it and
// is stored last, with release; who has loaded the awaited stamp, with acquire, sees the rest. The
// line is written again post_slots steps later, when everyone has entered a step after this one,
// and so has done with it (board::make_room).
struct alignas(runtime::cache_line) post {
  shared_u64 stamp;     // step in the upper half, signature of the calls up to it in the lower
  std::uint64_t facts;  // form in the low 8 bits; above: bytes of the largest block
  union {
    std::byte bytes[inline_room];  // inlined
    struct {
      std::uint64_t at;      // staged: offset in the arena; exposed: address
      std::uint64_t table;   // offset in the arena of sizes (and offsets) of blocks; 0: none
      std::uint64_t stride;  // staged: from block to block
    } where;
  };
};
static_assert(sizeof(post) == runtime::cache_line);

constexpr step_number step_of(std::uint64_t stamp) {
  return static_cast<step_number>(stamp >> 32);
}
constexpr std::uint64_t stamp_of(step_number step, std::uint32_t signature) {
  return std::uint64_t{step} << 32 | signature;
}

// What a rank has called, for reports by others. Written by its rank only, before its first post of
// the call. Words are atomic because a reporter may read while they are written: it takes what it
// has read between two equal values of `number`.
struct alignas(runtime::cache_line) claim {
  shared_u32 number;     // which call on this communicator it is, from 1; 0: being written
  shared_u32 kind;       // detail::collective, and whether it goes on behind a request
  shared_u32 operation;  // names: ids in the arena's table
  shared_u32 type;
  shared_u32 op;
  shared_u32 file;
  shared_u32 line;
  std::atomic<std::int32_t> root;  // -1: none
  shared_u32 type_size;
  shared_u64 bytes;  // of a block; not_uniform: each rank's own
};

// How far a rank is from letting go of the board. Only ever moves forward.
enum class attendance : std::uint32_t {
  here,
  left,  // it uses the board and others' staging areas no more
  gone,  // and has taken back its own staging areas
};

struct rank_lines {
  post posts[post_slots];
  claim claims[post_slots];
  alignas(runtime::cache_line) std::atomic<attendance> presence;
  shared_u32 shrinks;  // calls of shrink() that this rank has begun
  // Why it has refused a call, zero-terminated unless full; written once, before it closes the
  // board.
  alignas(runtime::cache_line) char problem[448];
};

// Why no more collectives are carried out.
enum class closing : std::uint8_t {
  open,
  misuse,   // the ranks disagree about call number `detail`
  death,    // `rank` is needed and gone
  timeout,  // the deadline of `rank` has passed in its call number `detail`
  gave_up,  // `rank` left its call number `detail` by an exception
  refused,  // `rank` could not begin its call; its `problem` says why
};

struct board_header {
  // Written before anyone else can find the board.
  std::uint64_t cookie;  // the job's
  std::uint32_t ranks;
  std::uint32_t context;

  // Read in every call and while waiting, written once, by compare-and-swap from 0: closing in the
  // low 8 bits, rank in the next 24, detail in the upper half.
  alignas(runtime::cache_line) shared_u64 closed;
  // Read after every post; raised by who is about to sleep (runtime::endpoint::wait).
  alignas(runtime::cache_line) shared_u32 sleepers;
  // The outcome of the first shrink(): offset of a shrink_record, which leads to the next.
  alignas(runtime::cache_line) shared_u64 first_shrink;
};

// What has been agreed in one shrink(), followed by the ranks that are left. Immutable but for
// `next` once a compare-and-swap has put its offset into the link before.
struct shrink_record {
  shared_u64 next;
  std::uint32_t context;
  std::uint32_t count;
};

constexpr std::uint64_t board_bytes(std::uint32_t ranks) {
  return sizeof(board_header) + sizeof(rank_lines) * ranks;
}

}  // namespace cohort::collectives
