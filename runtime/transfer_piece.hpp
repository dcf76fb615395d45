// The pieces that sender and receiver of a long message share out while both copy.
#pragma once

#include "runtime/offer.hpp"

#include <algorithm>
#include <cstdint>

namespace cohort::runtime {

// Long enough that two system calls per piece don't matter, short enough that neither side waits
// long for the other's last one.
inline constexpr std::uint64_t piece_bytes = 128 * 1024;
inline constexpr std::uint64_t together_minimum = 2 * piece_bytes;
inline constexpr int pieces_per_poll = 32;

struct piece {
  std::uint64_t offset;
  std::uint64_t bytes;  // 0: all are claimed
};

// Takes the next piece. Acquire: its target is that of the attempt which set the counter to zero;
// `written` orders the bytes.
inline piece claim_piece(offer& o) {
  const std::uint64_t offset = piece_bytes * o.next_piece.fetch_add(1, std::memory_order_acquire);
  return {offset, offset < o.length ? std::min(piece_bytes, o.length - offset) : 0};
}

}  // namespace cohort::runtime
