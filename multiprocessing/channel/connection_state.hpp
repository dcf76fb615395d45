// This process's hold on one end of a pipe.
#pragma once

#include "multiprocessing/channel/ring.hpp"
#include "multiprocessing/memory/attachment.hpp"

#include <atomic>
#include <cstdint>
#include <utility>

namespace cohort::multiprocessing {

// The payload of a pipe's object: this page, then the ring that side 0 sends through (not in a
// one-way pipe), then the ring that side 1 sends through.
struct pipe_state {
  shared_u32 duplex;
  // The objects that the two ends are: an end is open as long as its object lives, that is, as long
  // as a process has a handle of it or one is under way.
  struct end_name {
    shared_u32 index;
    shared_u32 generation;
  } ends[2];
};

// The payload of an end's object.
struct end_state {
  shared_u32 side;
};

// How the other side hears that an end is closed. Where the last handle of it is given up, its
// process ends the object and then wakes all who wait at the pipe. Where the last process that had
// one dies, every doorbell is rung; whoever waits finds that there were deaths since it last
// looked, and takes the region's lock, under which what the dead held is given back. So after that
// the other end's object lives or it does not, and that is the answer.
class connection_state {
 public:
  connection_state(object_ref whole, object_ref end)
      : whole_(std::move(whole)),
        end_(std::move(end)),
        side_(end_->payload_as<end_state>().side.load(std::memory_order_relaxed) & 1) {}
  ~connection_state();
  connection_state(const connection_state&) = delete;
  connection_state& operator=(const connection_state&) = delete;

  participant& owner() const { return whole_->owner(); }
  const attachment& whole() const { return *whole_; }
  const attachment& end() const { return *end_; }

  bool can_send() const { return side_ == 1 || duplex(); }
  bool can_receive() const { return side_ == 0 || duplex(); }
  // Of can_send(), can_receive().
  ring outgoing() const { return ring_of(side_); }
  ring incoming() const { return ring_of(1 - side_); }

  // For waits: the other end is closed, or may be: look with is_peer_gone().
  bool may_be_over() const {
    return !peer_lives() || ends_told() != ends_seen_.load(std::memory_order_relaxed);
  }
  // Whether no process has the other end any more.
  bool is_peer_gone();

  // Whether a name for this type is known to reports already; from now on, it is.
  bool is_news(std::uint32_t type) {
    return last_type_.exchange(type, std::memory_order_relaxed) != type;
  }

 private:
  pipe_state& pipe() const { return whole_->payload_as<pipe_state>(); }
  bool duplex() const { return pipe().duplex.load(std::memory_order_relaxed) != 0; }
  ring ring_of(std::uint32_t side) const;
  bool peer_lives() const;
  std::uint32_t ends_told() const {
    return owner().shared().header().ends.load(std::memory_order_seq_cst);
  }

  object_ref whole_;
  object_ref end_;
  std::uint32_t side_;
  // As of the last look under the region's lock; before the first, a number that is none.
  std::atomic<std::uint64_t> ends_seen_{~std::uint64_t{0}};
  std::atomic<std::uint32_t> last_type_{0};
};

}  // namespace cohort::multiprocessing
