// What stands where in the arena: the structures that all members of a job share on one host.
//
// Everything here is addressed by offset, lives in memory that starts as zero, and must make sense
// whatever instruction a member died at: each word has one writer, or is changed by one atomic
// operation, or may be written again with the same value by anyone.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cohort::runtime {

inline constexpr std::size_t cache_line = 64;
inline constexpr std::size_t page = 4096;
inline constexpr std::uint64_t arena_magic = 0x31303074726f6863;  // "chort001"

inline constexpr std::uint32_t max_members = 1024;
// Room for members that join after the start.
inline constexpr std::uint32_t spare_members = 64;
// Address space, not memory, that each member may carve rings and buffers from.
inline constexpr std::uint64_t heap_bytes = std::uint64_t{512} << 20;
// Address space, not memory, for what processes share that the layer above starts.
inline constexpr std::uint64_t shared_region_bytes = std::uint64_t{64} << 30;
// Pairs of contexts that a job can draw.
inline constexpr std::uint32_t max_communicators = 1u << 23;

using shared_u32 = std::atomic<std::uint32_t>;
using shared_u64 = std::atomic<std::uint64_t>;
static_assert(shared_u32::is_always_lock_free && shared_u64::is_always_lock_free,
              "words shared between processes must not need a lock");

// Written by the creator before anybody else maps the arena, but for the words marked shared.
struct arena_header {
  std::uint64_t magic;
  std::uint64_t size;
  std::uint64_t cookie;  // random; tells this job's memory from any other's
  std::uint32_t capacity;
  std::uint32_t ranks;       // size of the world communicator: members 0 … ranks-1
  std::uint32_t processors;  // that this host's members may use
  std::uint32_t fences;      // 1: senders fence before they look for sleepers (no membarrier)
  char host[64];

  // Shared: bumped after a member's state became terminal. Read in every turn of every wait.
  alignas(cache_line) shared_u32 terminal_epoch;
  // Shared: the next unused communicator context.
  alignas(cache_line) shared_u32 next_context;
  // Shared: bit s is set while member s is neither asleep nor gone. Bits and no count, since a bit
  // can be set or cleared again by anyone who is in doubt: a member may die between any two steps.
  alignas(cache_line) shared_u64 awake[max_members / 64];
  // Shared: 1 once a rank has called abort(): its end is that of the whole job.
  alignas(cache_line) shared_u32 aborted;
  // Shared: 1 once the shared region is in use.
  shared_u32 processes;
  // Shared: how many processes live that ranks and their processes have started, about, and the
  // same bits for them by their places in the shared region. Only waiting looks at them.
  shared_u32 children;
  alignas(cache_line) shared_u64 children_awake[max_members / 64];
};

// The life of a member slot. Only ever moves forward within one incarnation; values from
// `finalized` on are terminal.
enum class member_state : std::uint32_t {
  vacant,         // nobody has joined yet
  joined,         // claimed by a process (or thread), by compare-and-swap
  finalized,      // left in good order; what it sent can still be received
  left_by_throw,  // its environment was destroyed by an exception
  dead,           // its process ended without finalizing; published by a death oracle
};
constexpr bool terminal(member_state s) {
  return s >= member_state::finalized;
}

// What a member waits for, for reports by others. A sequence lock with one writer: odd while it is
// written, so a reader takes only what it has read between two equal even values.
struct wait_record {
  shared_u32 sequence;
  shared_u32 operation;  // id in the name table; 0: in no blocking call
  shared_u32 site_file;  // id in the name table
  shared_u32 site_line;
  std::atomic<std::int32_t> peer;  // a rank, any_source, or none
  std::atomic<std::int32_t> tag;
  shared_u32 context;
  std::atomic<std::int64_t> since;  // steady clock, nanoseconds
};

// One member slot.
struct member_entry {
  // Who it is. Written once per incarnation by the member, the state by the member and its oracle.
  alignas(cache_line) std::atomic<member_state> state;
  shared_u32 incarnation;
  std::atomic<std::int32_t> pid;          // in the creator's eyes; 0 until joined
  std::atomic<std::int32_t> wait_status;  // as of waitpid, valid once dead
  shared_u64 probe_address;  // of a word that holds the cookie, in the member's own memory
  // Inodes of the pipes that are its standard output and standard error and whose other end the
  // launcher shows on a terminal; 0: none. Written before the member's process exists.
  shared_u64 shown_pipes[2];

  // Bit s set: this member looks at the ring from member s by itself. Bit s clear: a sender s must
  // set it and, where the member sleeps, wake it. Senders read these words after every message.
  alignas(cache_line) shared_u64 attention[max_members / 64];

  // The futex that the member sleeps on; changed by whoever wakes it.
  alignas(cache_line) shared_u32 doorbell;
  shared_u32 asleep;

  alignas(cache_line) wait_record waiting;

  // What() of the exception that ends the process, written in the terminate handler.
  alignas(cache_line) char last_words[448];
};

// Text by 32-bit hash: names of types, operations and files. Claimed by hash with a compare-and-
// swap; everybody who claims the same hash writes the same text, so a writer may die half way.
struct name_entry {
  shared_u32 hash;
  shared_u32 text[31];  // 124 bytes of text, zero-terminated unless full
};
inline constexpr std::uint32_t name_capacity = 4096;

// Offsets of the arena's parts, a function of the capacity alone.
struct arena_map {
  explicit constexpr arena_map(std::uint32_t capacity) : capacity_(capacity) {}

  constexpr std::uint64_t members() const { return round(sizeof(arena_header)); }
  constexpr std::uint64_t names() const {
    return round(members() + sizeof(member_entry) * capacity_);
  }
  // Ring directory: row = receiver, column = sender; each an offset, 0 for no ring yet. A row
  // starts on a page of its own, so that only receivers that are sent to cost memory.
  constexpr std::uint64_t directory() const {
    return round(names() + sizeof(name_entry) * name_capacity);
  }
  constexpr std::uint64_t row_bytes() const { return round(8ULL * capacity_); }
  // By communicator, a word for the layers above: where they keep what its members share. A page
  // holds 512 of them, and comes with the first use of one.
  constexpr std::uint64_t communicators() const {
    return round(directory() + row_bytes() * capacity_);
  }
  constexpr std::uint64_t heaps() const {
    return round(communicators() + std::uint64_t{8} * max_communicators);
  }
  constexpr std::uint64_t heap(std::uint32_t member) const { return heaps() + heap_bytes * member; }
  // Whose heap an offset lies in.
  constexpr std::uint32_t owner(std::uint64_t offset) const {
    return static_cast<std::uint32_t>((offset - heaps()) / heap_bytes);
  }
  // Laid out by the layer above (multiprocessing/family/region.hpp); zero until its first use.
  constexpr std::uint64_t shared_region() const { return heap(capacity_); }
  constexpr std::uint64_t size() const { return shared_region() + shared_region_bytes; }

 private:
  static constexpr std::uint64_t round(std::uint64_t n) { return (n + page - 1) / page * page; }
  std::uint32_t capacity_;
};

}  // namespace cohort::runtime
