// The arena's record of a message that stays with its sender until it is received (rendezvous).
#pragma once

#include "runtime/layout.hpp"

#include <cstdint>

namespace cohort::runtime {

// Sender and receiver decide what becomes of an offer by one compare-and-swap on `ticket`: the
// receiver closes it after it has copied the bytes, the sender when it takes the message back or
// moves the bytes to another address. So a copy counts only if the bytes stood still during it,
// and a sender that has closed or moved the offer may free its buffer at once, even though a
// receiver may still be reading there: that copy is thrown away.
struct alignas(cache_line) offer {
  shared_u32 ticket;  // state in the low two bits, a count of moves above
  shared_u64 address;
  std::uint64_t length;
  std::uint32_t site_file;  // where it was sent, in the name table
  std::uint32_t site_line;

  // Copying together: pieces are claimed in ascending order by either side; the sender writes its
  // pieces to `target`, the receiver reads its own.
  alignas(cache_line) shared_u32 next_piece;
  shared_u32 declined;  // 1: the sender can't write there; the receiver reads everything
  shared_u64 target;
  shared_u64 written;  // bytes written by the sender
};

enum class offer_state : std::uint32_t { open = 0, received = 1, withdrawn = 2 };

constexpr offer_state state_of(std::uint32_t ticket) {
  return static_cast<offer_state>(ticket & 3u);
}
constexpr std::uint32_t with_state(std::uint32_t ticket, offer_state state) {
  return (ticket & ~3u) | static_cast<std::uint32_t>(state);
}
constexpr std::uint32_t moved_ticket(std::uint32_t ticket) {
  return ticket + 4;
}

}  // namespace cohort::runtime
