// What stands where in the shared region: the part of the arena that the processes of a family
// share, which are the ranks and all processes that they start.
//
// As everywhere in the arena, zero means unused, places are offsets, and each word makes sense at
// whatever instruction a process dies: it has one writer, is changed by one atomic operation, or is
// changed only by the holder of a lock that can be taken over from the dead.
#pragma once

#include "runtime/layout.hpp"
#include "runtime/wait_word.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace cohort::multiprocessing {

using runtime::cache_line;
using runtime::page;
using runtime::shared_u32;
using runtime::shared_u64;

inline constexpr std::uint32_t max_participants = runtime::max_members;
inline constexpr std::uint32_t max_objects = 65536;
// What an object may hold on the line of its entry; longer contents stand on pages.
inline constexpr std::uint32_t inline_payload = 64;

// Names one process for as long as its slot is its own: incarnation << 10 | slot. 31 bits, so that
// a lock word has one to spare; never 0.
using participant_id = std::uint32_t;
constexpr participant_id make_id(std::uint32_t slot, std::uint32_t incarnation) {
  return incarnation << 10 | slot;
}
constexpr std::uint32_t slot_of(participant_id id) {
  return id & (max_participants - 1);
}
constexpr std::uint32_t incarnation_of(participant_id id) {
  return id >> 10;
}
inline constexpr std::uint32_t last_incarnation = (1u << 21) - 1;
static_assert(max_participants == 1u << 10);

// A lock that several processes take: 0, or the id of its owner, and a bit that says that somebody
// sleeps on the word.
using lock_word = shared_u32;
inline constexpr std::uint32_t contended = 1u << 31;

// The life of a place in the table of participants.
enum class participant_state : std::uint32_t {
  vacant,
  starting,  // kept for a process that is being started
  joined,
  ended,  // its process has ended; what it held is not given back yet
};

struct participant_entry {
  std::atomic<participant_state> state;
  shared_u32 incarnation;
  std::atomic<std::int32_t> pid;
  std::atomic<std::int32_t> wait_status;  // as of waitpid; valid once ended, where it is known
  std::atomic<participant_id> parent;     // 0: a rank
  shared_u32 member;                      // a rank's place in the job plus 1; 0: no rank
  shared_u64 started;  // when its process began, in the kernel's clock ticks: with the pid, a name

  // What everybody who sleeps in this process is woken by when somebody dies.
  alignas(cache_line) runtime::wait_word doorbell;

  alignas(cache_line) char name[cache_line];  // zero-terminated

  // For the process layer: what a parent and its child tell each other.
  alignas(cache_line) shared_u32 phase;
  shared_u32 daemon;
  char lineage[cache_line - 8];  // "2:1": the first child of the second one; zero-terminated
};
static_assert(sizeof(participant_entry) == 256);

enum class object_state : std::uint32_t { vacant, live };

// One object. Changed only by the holder of the region's lock, but for what `holders` of it change
// in its payload.
struct object_entry {
  std::atomic<object_state> state;
  shared_u32 generation;  // one more with each object that has this place
  shared_u32 kind;        // what handles of it expect
  shared_u32 transit;     // handles that are in bytes, on their way to somebody
  shared_u32 parent;      // index + 1 of the object that it is a part of; 0: none
  shared_u64 bytes;       // of the payload
  shared_u64 offset;      // of the payload in the arena
  shared_u32 parts;       // 1: it has had parts
  alignas(cache_line) shared_u64 holders[max_participants / 64];
  alignas(cache_line) std::byte payload[inline_payload];
};
static_assert(sizeof(object_entry) == 256);

struct region_header {
  // Held for changes of the two tables and of the pages.
  lock_word lock;
  // 1: the lock's holder died, and what it had begun is not put right yet.
  shared_u32 damaged;
  // 1: a participant has ended and its objects are not given back yet.
  shared_u32 unswept;
  // No object has an index from here on.
  shared_u32 objects_end;
  // Where the search for a vacant place for an object begins.
  shared_u32 next_object;
  // No participant has a slot from here on.
  shared_u32 participants_end;
  // Where the search for free pages begins.
  shared_u64 next_page;
  // No page from here on has ever been used.
  shared_u64 pages_end;
  // One more after each end of a participant.
  alignas(cache_line) shared_u32 ends;
  // Where names for processes are drawn: one more for each that was started.
  shared_u32 processes_named;
};

// Offsets in the arena.
class region_map {
 public:
  explicit constexpr region_map(std::uint64_t start) : start_(start) {}

  constexpr std::uint64_t header() const { return start_; }
  constexpr std::uint64_t participants() const { return start_ + page; }
  constexpr std::uint64_t participant(std::uint32_t slot) const {
    return participants() + sizeof(participant_entry) * slot;
  }
  constexpr std::uint64_t objects() const { return participant(max_participants); }
  constexpr std::uint64_t object(std::uint32_t index) const {
    return objects() + sizeof(object_entry) * index;
  }
  // A bit for each page that is in use.
  constexpr std::uint64_t page_bits() const { return object(max_objects); }
  constexpr std::uint64_t pages() const { return page_bits() + page_count() / 8; }
  constexpr std::uint64_t page_at(std::uint64_t number) const { return pages() + page * number; }
  // As many as could be if the tables took no room, in whole words: some more than there are.
  static constexpr std::uint64_t page_count() { return runtime::shared_region_bytes / page; }
  constexpr std::uint64_t usable_pages() const {
    return (start_ + runtime::shared_region_bytes - pages()) / page;
  }

 private:
  std::uint64_t start_;
};
static_assert(sizeof(region_header) <= page);

}  // namespace cohort::multiprocessing
