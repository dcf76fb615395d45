// A queue in shared memory.
#pragma once

#include "multiprocessing/channel/ring.hpp"
#include "multiprocessing/memory/attachment.hpp"

namespace cohort::multiprocessing {

// The payload of a queue's object: this page, then the ring.
struct queue_state {
  shared_u32 shut_down;
  // Items that are done, modulo 2^32: never more than were ever published.
  alignas(cache_line) shared_u32 done;
  // Notified when all are.
  runtime::wait_word all_done;
};
static_assert(sizeof(queue_state) <= page);

inline ring ring_of(const attachment& queue) {
  return ring(queue.owner(), queue.name(), *reinterpret_cast<ring_header*>(queue.payload() + page));
}

}  // namespace cohort::multiprocessing
