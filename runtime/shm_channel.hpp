// What one member keeps, in its own memory, about the traffic with one peer on the shm wire.
#pragma once

#include "runtime/block_memory.hpp"
#include "runtime/operation.hpp"
#include "runtime/process_handle.hpp"
#include "runtime/ring.hpp"

#include <cstdint>
#include <deque>
#include <vector>

namespace cohort::runtime {

struct shm_channel {
  // Looked at by every send.
  ring_producer out;
  shared_u64* attention = nullptr;  // the peer's word with our bit
  bool blocked = true;              // nothing may overtake what is queued below; or no ring yet

  // Looked at by every poll.
  ring_consumer in;
  std::uint32_t idle_polls = 0;
  std::uint32_t streak = 0;  // small messages received since we last sent to this peer
  std::uint32_t peer = 0;
  arrival* blocks_of = nullptr;  // the message whose blocks are coming

  // Queued until the ring has room: answers first, then messages in order, then streams.
  struct control {
    form what;
    control_body body;
  };
  struct stream {
    operation* send;
    std::uint64_t sent = 0;
  };
  // With room set aside for whatever the open offers may still need (shm_wire::set_aside).
  std::vector<control> controls;
  intrusive_list<operation, &operation::hook> backlog;
  std::deque<stream> streams;

  block_memory blocks;
  bool grow_ring = false;
  bool gone = false;
  // The ring before the last growth: free once the receiver has come to `until`.
  struct retired_ring {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;  // 0: none
    std::uint64_t until = 0;
  };
  retired_ring retired;

  enum class permission : std::uint8_t { unknown, yes, no };
  permission may_read = permission::unknown;  // the peer's memory, with process_vm_readv
  permission may_write = permission::unknown;
  process_handle process;  // the peer's, where we may write

  bool stalled() const { return !controls.empty() || !backlog.empty() || !streams.empty(); }
};

}  // namespace cohort::runtime
