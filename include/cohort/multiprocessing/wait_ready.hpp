// Waiting for the first of many: pipes, queues, processes, descriptors.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/detail/queue_handle.hpp>
#include <cohort/multiprocessing/pipe.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

namespace cohort {

namespace multiprocessing {
class waiting_list;
}
class process;

// One of the things that wait_ready() waits for. Made from it; the thing outlives it.
class waitable {
 public:
  // Ready when recv would not wait: a message is there, or the end of file.
  waitable(const connection& end);
  // Ready when get would not wait: an item is there, or the queue is shut down.
  template <class Derived, class T>
  waitable(const detail::queue_handle<Derived, T, detail::ring_queue_calls>& queue)
      : what_(kind::queue), queue_(queue.closed() ? nullptr : queue.object_) {}
  // Ready when the process has ended. It was started by this one.
  waitable(const process& child);
  // Ready when it can be read from, is at its end, or has failed: what poll() calls POLLIN.
  waitable(int descriptor) : what_(kind::descriptor), descriptor_(descriptor) {}

 private:
  friend class multiprocessing::waiting_list;

  enum class kind : std::uint8_t { end, queue, descriptor };

  kind what_;
  std::shared_ptr<multiprocessing::connection_state> end_;
  detail::queue_object queue_;
  int descriptor_ = -1;
};

// Waits until at least one is ready and returns the places in `things` of all that are, in order;
// nothing if the deadline has passed. Consumes nothing: another process that uses the same end or
// queue may be faster than what follows.
//
//   for (std::size_t i : cohort::wait_ready({results, commands, worker}, cohort::within(1s))) …
//
// Any number of things. Throws closed_error for an end or queue that is closed here, argument_error
// for a descriptor that is not open, usage_error without an environment. While a descriptor is not
// ready, the call has a thread of its own that waits for it.
std::vector<std::size_t> wait_ready(std::span<const waitable> things, call where = {});
inline std::vector<std::size_t> wait_ready(std::initializer_list<waitable> things,
                                           call where = {}) {
  return wait_ready(std::span(things.begin(), things.size()), where);
}

}  // namespace cohort
