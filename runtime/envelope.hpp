// What precedes each payload: 16 bytes in the same cache line as up to 48 bytes of it.
#pragma once

#include "runtime/layout.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace cohort::runtime {

inline constexpr std::uint32_t inline_bytes = 48;
inline constexpr std::uint32_t max_context = (1u << 24) - 1;
static_assert(max_context / 2 < max_communicators);

// What the slot of an envelope holds. Up to inline_bytes: a whole message of so many bytes.
// The others have one of the bodies below.
enum class form : std::uint8_t {
  block = 64,  // a message whose bytes stand in the sender's block memory, and its first block
  more,        // its next block
  rendezvous,  // an offer of a message that stays with the sender until it is received
  stream,      // receiver → sender: send me that offer in blocks
  chunk,       // a block of a message sent so
  help,        // receiver → sender: copy that offer together with me
  finished,    // receiver → sender: that offer is received, or given up
  withdrawn,   // sender → receiver: that offer is taken back
  moved,       // the ring goes on elsewhere
};

// The part of an envelope that matching goes by.
struct envelope {
  std::int32_t tag;
  std::uint32_t context;
  std::uint32_t type;
};

struct block_body {
  std::uint64_t length;  // of the whole message
  std::uint64_t offset;  // of this block in the arena
  std::uint32_t bytes;   // in this block
};
struct rendezvous_body {
  std::uint64_t length;
  std::uint64_t descriptor;  // offset of an `offer` in the arena
  std::uint64_t address;     // as in the offer, to spare the receiver a cache miss
  std::uint32_t ticket;
};
// For stream, help, finished and withdrawn: which offer.
struct control_body {
  std::uint64_t descriptor;
};
struct chunk_body {
  std::uint64_t descriptor;  // of the offer
  std::uint64_t offset;
  std::uint32_t bytes;
};
struct moved_body {
  std::uint64_t ring;
};

// One cache line of a ring. `head` is written last and makes the rest visible: a receiver that
// finds the sequence number it expects there owns the line until it reports it consumed.
struct alignas(cache_line) slot {
  shared_u64 head;             // sequence number, low half; tag, high half
  std::uint32_t context_form;  // context, low 24 bits; form, high 8 bits
  std::uint32_t type;
  std::byte body[inline_bytes];

  form what() const { return static_cast<form>(context_form >> 24); }
  std::uint32_t context() const { return context_form & max_context; }

  template <class Body>
  Body body_as() const {
    static_assert(sizeof(Body) <= inline_bytes);
    Body b;
    std::memcpy(&b, body, sizeof b);
    return b;
  }
};
static_assert(sizeof(slot) == cache_line);

// Copies up to inline_bytes without a call: overlapping moves of a fixed size for each range.
inline void copy_small(std::byte* to, const std::byte* from, std::size_t n) {
  if (n >= 16) {
    std::byte last[16];
    std::memcpy(last, from + n - 16, 16);
    if (n > 16) std::memcpy(to, from, 16);
    if (n > 32) std::memcpy(to + 16, from + 16, 16);
    std::memcpy(to + n - 16, last, 16);
  } else if (n >= 8) {
    std::byte last[8];
    std::memcpy(last, from + n - 8, 8);
    std::memcpy(to, from, 8);
    std::memcpy(to + n - 8, last, 8);
  } else if (n >= 4) {
    std::byte last[4];
    std::memcpy(last, from + n - 4, 4);
    std::memcpy(to, from, 4);
    std::memcpy(to + n - 4, last, 4);
  } else {
    for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
  }
}

}  // namespace cohort::runtime
