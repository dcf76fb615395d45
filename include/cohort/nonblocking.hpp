// Waiting for and testing many requests, in Boost.MPI's shapes. Ranges of request or of
// value_request<T>. Requests that were waited for already are passed over by the any and some
// forms and are an error (request_error) for the all forms.
#pragma once

#include <cohort/call.hpp>
#include <cohort/request.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <ranges>
#include <span>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {

// The requests of a range as the core wants them, without an allocation for the usual few.
class request_list {
 public:
  template <class Iterator>
  request_list(Iterator first, Iterator last) {
    const auto count = static_cast<std::size_t>(std::distance(first, last));
    runtime::pending** out = few_.data();
    if (count > few_.size()) {
      many_.resize(count);
      out = many_.data();
    }
    all_ = {out, count};
    for (; first != last; ++first) *out++ = &first->state();
  }
  request_list(const request_list&) = delete;
  request_list& operator=(const request_list&) = delete;

  std::span<runtime::pending* const> all() const { return all_; }

 private:
  std::array<runtime::pending*, 64> few_;
  std::vector<runtime::pending*> many_;
  std::span<runtime::pending*> all_;
};

template <class Iterator>
std::pair<status, Iterator> collect(Iterator first, std::size_t index, const call& where) {
  const auto which = std::next(first, static_cast<std::ptrdiff_t>(index));
  return {which->wait(where), which};
}

}  // namespace detail

// Waits until all have ended, and collects them. `out`, where given, gets their statuses in order.
// One that failed throws, at once, and is collected; the others stay as they are and can be waited
// for again. After timeout_error all stay as they are.
//   std::vector<cohort::request> halo; …
//   cohort::wait_all(halo);
template <std::forward_iterator Iterator>
void wait_all(Iterator first, Iterator last, call where = {}) {
  const detail::request_list requests(first, last);
  runtime::wait_all(requests.all(), where);
  for (; first != last; ++first) first->wait(where);
}
template <std::forward_iterator Iterator, std::output_iterator<status> Output>
Output wait_all(Iterator first, Iterator last, Output out, call where = {}) {
  const detail::request_list requests(first, last);
  runtime::wait_all(requests.all(), where);
  for (; first != last; ++first) *out++ = first->wait(where);
  return out;
}
template <std::ranges::forward_range Requests>
void wait_all(Requests&& requests, call where = {}) {
  wait_all(std::ranges::begin(requests), std::ranges::end(requests), where);
}

// Waits until one has ended; returns its status and place. Throws what went wrong with that one,
// timeout_error, and request_error if none is active. O(n) per look at the requests.
//   auto [facts, which] = cohort::wait_any(requests);
template <std::forward_iterator Iterator>
std::pair<status, Iterator> wait_any(Iterator first, Iterator last, call where = {}) {
  const detail::request_list requests(first, last);
  const auto index = runtime::wait_any(requests.all(), where);
  if (!index) runtime::throw_invalid_request("wait_any", where);
  return detail::collect(first, *index, where);
}
template <std::ranges::forward_range Requests>
auto wait_any(Requests&& requests, call where = {}) {
  return wait_any(std::ranges::begin(requests), std::ranges::end(requests), where);
}

// One that has ended already, if any; it is collected.
//   if (auto ended = cohort::test_any(requests)) handle(ended->first);
template <std::forward_iterator Iterator>
std::optional<std::pair<status, Iterator>> test_any(Iterator first, Iterator last,
                                                    call where = {}) {
  const detail::request_list requests(first, last);
  const auto index = runtime::test_any(requests.all(), where);
  if (!index) return std::nullopt;
  return detail::collect(first, *index, where);
}
template <std::ranges::forward_range Requests>
auto test_any(Requests&& requests, call where = {}) {
  return test_any(std::ranges::begin(requests), std::ranges::end(requests), where);
}

// Whether all have ended; if so they are collected, and `out` gets their statuses. Otherwise
// nothing changes.
template <std::forward_iterator Iterator, std::output_iterator<status> Output>
std::optional<Output> test_all(Iterator first, Iterator last, Output out, call where = {}) {
  const detail::request_list requests(first, last);
  if (!runtime::test_all(requests.all(), where)) return std::nullopt;
  for (; first != last; ++first) *out++ = first->wait(where);
  return out;
}
template <std::forward_iterator Iterator>
bool test_all(Iterator first, Iterator last, call where = {}) {
  const detail::request_list requests(first, last);
  if (!runtime::test_all(requests.all(), where)) return false;
  for (; first != last; ++first) first->wait(where);
  return true;
}
template <std::ranges::forward_range Requests>
bool test_all(Requests&& requests, call where = {}) {
  return test_all(std::ranges::begin(requests), std::ranges::end(requests), where);
}

namespace detail {

// Collects all that have ended. Boost.MPI's order: what is left comes first in the range, what has
// ended after it, and the place where it begins is returned.
template <class Iterator, class Output>
std::pair<Output, Iterator> collect_ended(Iterator first, Iterator last, Output out,
                                          const call& where) {
  std::vector<status> statuses;
  auto middle = std::stable_partition(first, last, [&](auto& r) {
    if (!r.active()) return true;
    auto ended = r.test(where);
    if (!ended) return true;
    statuses.push_back(*ended);
    return false;
  });
  return {std::copy(statuses.begin(), statuses.end(), out), middle};
}

}  // namespace detail

// Waits until at least one has ended, then collects all that have. Reorders the range: those that
// are left first; returns the end of the statuses and where the collected ones begin. request_error
// if none is active.
//   auto collected = cohort::wait_some(open.begin(), open.end());
//   open.erase(collected, open.end());
template <std::forward_iterator Iterator, std::output_iterator<status> Output>
std::pair<Output, Iterator> wait_some(Iterator first, Iterator last, Output out, call where = {}) {
  const detail::request_list requests(first, last);
  if (!runtime::wait_any(requests.all(), where, "wait_some")) {
    runtime::throw_invalid_request("wait_some", where);
  }
  return detail::collect_ended(first, last, out, where);
}
template <std::forward_iterator Iterator>
Iterator wait_some(Iterator first, Iterator last, call where = {}) {
  std::vector<status> statuses;
  return wait_some(first, last, std::back_inserter(statuses), where).second;
}

// The same without waiting.
template <std::forward_iterator Iterator, std::output_iterator<status> Output>
std::pair<Output, Iterator> test_some(Iterator first, Iterator last, Output out, call where = {}) {
  return detail::collect_ended(first, last, out, where);
}
template <std::forward_iterator Iterator>
Iterator test_some(Iterator first, Iterator last, call where = {}) {
  std::vector<status> statuses;
  return test_some(first, last, std::back_inserter(statuses), where).second;
}

}  // namespace cohort
