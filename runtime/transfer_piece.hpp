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

// Takes the next piece of a message of `length` bytes. Acquire: its target is that of the attempt
// which set the counter to zero; `written` orders the bytes.
inline piece claim_piece(offer& o, std::uint64_t length) {
  const std::uint64_t offset = piece_bytes * o.next_piece.fetch_add(1, std::memory_order_acquire);
  return {offset, offset < length ? std::min(piece_bytes, length - offset) : 0};
}

// Takes all that are left. Returns how many bytes from the start were claimed before, by anyone.
inline std::uint64_t claim_rest(offer& o, std::uint64_t length) {
  constexpr std::uint32_t beyond = 1u << 31;  // far from wrapping when it is counted on
  return std::min(length, piece_bytes * o.next_piece.exchange(beyond, std::memory_order_acq_rel));
}

}  // namespace cohort::runtime
