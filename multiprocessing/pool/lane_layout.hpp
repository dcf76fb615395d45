// What a pool and its workers share: a lane for each worker, and a bell for the pool's threads.
#pragma once

#include "multiprocessing/channel/ring.hpp"
#include "runtime/system.hpp"

#include <cstddef>
#include <cstdint>

namespace cohort::multiprocessing {

// Rung for one sleeper. It sets `asleep`, looks a last time, and sleeps while that is set; who has
// brought something and finds it set takes it away and wakes. Of all that come while the sleeper
// wakes up, so, only the first makes a system call. All is sequentially consistent: either the last
// look finds what was brought, or who brings it finds the sleeper. A ringer that is killed in
// between is made up for by the news of its death.
struct bell {
  shared_u32 asleep;

  void ring() {
    if (asleep.load(std::memory_order_seq_cst) != 0 &&
        asleep.exchange(0, std::memory_order_seq_cst) != 0) [[unlikely]]
      runtime::futex_wake(asleep, 1);
  }
};

enum class worker_phase : std::uint32_t {
  starting,
  ready,    // the initializer has run
  leaving,  // it takes no more tasks
};

// What a worker tells at every instruction, whenever it dies.
struct worker_status {
  shared_u64 progress;      // a detail::task_progress of the work `current`
  shared_u32 current;       // the number of the work that it has begun last
  shared_u32 area_base;     // the item that the first outcome in the area is of
  shared_u64 item_started;  // when, on the steady clock; of work with limits
  shared_u64 memory;        // resident bytes, as last seen
  std::atomic<worker_phase> phase;
};

struct lane_layout {
  alignas(cache_line) worker_status status;
  // Written by the pool: works with numbers from the first half up to the second are recalled.
  alignas(cache_line) shared_u64 recalled;
  alignas(cache_line) bell tasks_come;  // for the worker
};

// Where the threads of the pool sleep: its own, and one that waits for a result and serves
// meanwhile.
struct pool_layout {
  alignas(cache_line) bell service;
  bell helper;
};

// The records of both rings.
enum class task_record : std::uint32_t { work, finish };
enum class result_record : std::uint32_t { outcomes, skipped, ready, broken, leaving };

// A callable has one of so many places in a worker, where it is kept for works to come.
inline constexpr std::uint32_t callable_places = 16;
// In front of a work's callable and items.
struct work_head {
  std::uint32_t number;
  std::uint32_t first;  // the items that are to be executed
  std::uint32_t end;
  std::uint32_t place;      // of its callable
  std::uint64_t callable;   // bytes of it; 0: the worker has it
  std::int64_t soft_limit;  // nanoseconds; 0: none
  std::uint32_t limited;    // whether times are to be noted
  std::uint32_t unused;
};
// In front of outcomes.
struct outcomes_head {
  std::uint32_t number;
  std::uint32_t first;  // the item of the first one
  std::uint32_t count;
  std::uint32_t last;  // 1: those of the last items
  std::int64_t nanoseconds;
};

// Offsets in the pool's object.
class pool_map {
 public:
  static constexpr std::uint32_t area_bytes = 64 * 1024;
  // All rings of a pool are parts of one object; each knows its own blocks by its number.
  static constexpr ring_limits task_ring(std::uint32_t index) { return {.number = 2 * index}; }
  static constexpr ring_limits result_ring(std::uint32_t index) {
    return {.number = 2 * index + 1};
  }

  static constexpr std::uint64_t lane(std::uint64_t index) { return page + index * lane_bytes; }
  static constexpr std::uint64_t area(std::uint64_t index) { return lane(index) + page; }
  static constexpr std::uint64_t tasks(std::uint64_t index) { return area(index) + area_bytes; }
  static constexpr std::uint64_t results(std::uint64_t index) {
    return tasks(index) + ring::bytes({});
  }
  static constexpr std::uint64_t bytes(std::uint64_t lanes) { return lane(lanes); }

 private:
  static constexpr std::uint64_t lane_bytes = page + area_bytes + ring::bytes({}) + ring::bytes({});
};
static_assert(sizeof(lane_layout) <= page && sizeof(pool_layout) <= page);

}  // namespace cohort::multiprocessing
