// A queue whose items are reported when they are done, so that others can wait for that.
#pragma once

#include <cohort/detail/signature.hpp>
#include <cohort/multiprocessing/detail/basic_queue.hpp>

#include <cstddef>
#include <cstdint>

namespace cohort {

// A queue (queue.hpp) that counts which items are done.
//
//   for (int i = 0; i < 15; ++i) q.put(i);
//   q.join();   // until task_done() was called 15 times, in whatever processes
//
// An item whose process died before it called task_done() is not done: give join() a deadline where
// that may happen, or join the processes as well.
template <class T>
class joinable_queue : public detail::basic_queue<joinable_queue<T>, T> {
  using base = detail::basic_queue<joinable_queue<T>, T>;

 public:
  static constexpr const char* class_name = "joinable_queue";
  static constexpr std::uint32_t kind = detail::signature_id("joinable_queue");

  // As queue's.
  explicit joinable_queue(std::size_t bound = 0, call where = {}) : base(bound, where) {}

  // An item that was got is done. Throws usage_error where that was called for all items that were
  // ever put already.
  void task_done(call where = {}) {
    detail::queue_task_done(this->object_, base::how({"task_done", true, where}));
  }
  // Waits until all items that were put are done. Throws timeout_error.
  void join(call where = {}) {
    detail::queue_join(this->object_, base::how({"join", true, where}));
  }
  // Items that are put and not done.
  std::size_t unfinished() const { return detail::queue_unfinished(this->object_); }
};

}  // namespace cohort
