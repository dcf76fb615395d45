// A queue between processes whose greatest item comes out first.
#pragma once

#include <cohort/detail/signature.hpp>
#include <cohort/multiprocessing/detail/basic_queue.hpp>
#include <cohort/multiprocessing/detail/priority_calls.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace cohort {

// As with std::priority_queue, the item that Compare puts last comes out first: with std::less the
// greatest, with std::greater the smallest. Equal items come out in the order in which they were
// put in. All else is as with queue (queue.hpp). All handles of one queue have the same Compare.
//
//   using job = std::pair<int, std::string>;
//   cohort::priority_queue<job, std::greater<job>> q;   // the smallest number first
//   q.put({2, "later"});  q.put({1, "first"});
//
// Put and get compare O(log n) items, whose values are read from their bytes for that: items that
// travel as their own bytes are cheap. What Compare throws is thrown by put and get, which then
// have changed nothing.
template <class T, class Compare = std::less<T>>
class priority_queue : public detail::basic_queue<priority_queue<T, Compare>, T,
                                                  detail::priority_calls<T, Compare>> {
  static_assert(std::default_initializable<Compare>,
                "cohort: Compare can't order a priority_queue between processes: it has no default "
                "constructor, and objects of it do not travel");
  static_assert(std::predicate<Compare, T, T>);

 public:
  static constexpr const char* class_name = "priority_queue";
  static constexpr std::uint32_t kind = detail::signature_id("priority_queue");

  // As queue's.
  explicit priority_queue(std::size_t bound = 0, call where = {})
      : detail::basic_queue<priority_queue, T, detail::priority_calls<T, Compare>>(bound, where) {}
};

}  // namespace cohort
