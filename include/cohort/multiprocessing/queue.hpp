// A queue between processes: many may put, many may get.
#pragma once

#include <cohort/detail/signature.hpp>
#include <cohort/multiprocessing/detail/basic_queue.hpp>

#include <cstddef>
#include <cstdint>

namespace cohort {

// Items come out in the order in which they were put in. A copy means the same queue; it can be an
// argument of a process or task, an item of a queue and a part of a message. Items are of any type
// that can be sent: for several types, std::variant; for "nothing", std::optional.
//
//   cohort::queue<std::string> lines(100);          // put() waits while 100 are not yet got
//   cohort::process p(read_file, "a.txt", lines);   // there: lines.put(text)
//   std::string first = lines.get();
//
// Put and get cost a few atomic operations and one copy, and no system call unless somebody sleeps.
// A process that is killed in put or get loses at most its own item: others go on.
template <class T>
class queue : public detail::basic_queue<queue<T>, T> {
 public:
  static constexpr const char* class_name = "queue";
  static constexpr std::uint32_t kind = detail::signature_id("queue");

  // bound: how many items may be put and not yet got; 0: no bound. Throws usage_error without an
  // environment, argument_error above 2^31, resource_error.
  explicit queue(std::size_t bound = 0, call where = {})
      : detail::basic_queue<queue<T>, T>(bound, where) {}
};

}  // namespace cohort
