// A queue between processes with nothing but put, get, empty and close.
#pragma once

#include <cohort/detail/signature.hpp>
#include <cohort/multiprocessing/detail/queue_handle.hpp>

#include <cstdint>

namespace cohort {

// A queue without a bound (queue.hpp), for code that takes Python's SimpleQueue for granted.
//
//   cohort::simple_queue<int> q;
//   q.put(1);
template <class T>
class simple_queue : public detail::queue_handle<simple_queue<T>, T> {
 public:
  static constexpr const char* class_name = "simple_queue";
  static constexpr std::uint32_t kind = detail::signature_id("simple_queue");

  // Throws usage_error without an environment, resource_error.
  explicit simple_queue(call where = {}) : detail::queue_handle<simple_queue<T>, T>(0, where) {}
};

}  // namespace cohort
