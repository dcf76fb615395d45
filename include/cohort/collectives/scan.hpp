// scan: each rank gets the contributions of the ranks up to itself combined.
#pragma once

#include <cohort/detail/collective_reduction.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

// Returns v0 op v1 op … op vr at rank r of `comm`: inclusive prefixes in the order of the ranks.
// Operators: operators.hpp. Results repeat bit for bit. Cost: O(log size) messages, or shared
// memory.
//   long last = scan(world, count, std::plus<>());  // my items end here
template <detail::single T, detail::callable Op>
T scan(const communicator& comm, const T& in_value, Op op, call where = {}) {
  return detail::combine_value<const T&>(detail::blocking(comm, "scan", where),
                                         detail::collective::scan, in_value, detail::got_value<T>{},
                                         std::move(op));
}
// Into an object.
//   scan(world, count, last, std::plus<>());
template <detail::single T, detail::callable Op>
void scan(const communicator& comm, const T& in_value, T& out_value, Op op, call where = {}) {
  detail::combine_value<const T&>(detail::blocking(comm, "scan", where), detail::collective::scan,
                                  in_value, detail::got_value<T&>(out_value), std::move(op));
}

// Element by element, from spans of equal length; the result is as long.
//   std::vector<long> ends = scan(world, std::span(counts), std::plus<>());
template <class T, std::size_t Extent, detail::callable Op>
std::vector<std::remove_cv_t<T>> scan(const communicator& comm, std::span<T, Extent> in_values,
                                      Op op, call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::combine_spans<element, std::vector<element>>(
      detail::blocking(comm, "scan", where), detail::collective::scan, in_values, std::move(op), 0);
}
template <class T, std::size_t Extent, class R, std::size_t Room, detail::callable Op>
  requires detail::same_elements<T, R>
void scan(const communicator& comm, std::span<T, Extent> in_values, std::span<R, Room> out_values,
          Op op, call where = {}) {
  detail::combine_spans<R, std::span<R>>(detail::blocking(comm, "scan", where),
                                         detail::collective::scan, in_values, std::move(op), 0,
                                         std::span<R>(out_values));
}
// `n` elements.
template <class T, detail::callable Op>
void scan(const communicator& comm, const T* in_values, int n, T* out_values, Op op,
          call where = {}) {
  const detail::blocking run(comm, "scan", where);
  detail::combine_spans<T, std::span<T>>(run, detail::collective::scan, run.elements(in_values, n),
                                         std::move(op), 0, run.elements(out_values, n));
}
// In place: the object, or the elements, become the result.
//   scan(world, cohort::inplace(count), std::plus<>());
template <detail::single T, detail::callable Op>
void scan(const communicator& comm, inplace_t<T> value, Op op, call where = {}) {
  detail::combine_value_in_place(detail::blocking(comm, "scan", where), detail::collective::scan,
                                 value.buffer, std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
void scan(const communicator& comm, inplace_t<std::span<T, Extent>> values, Op op,
          call where = {}) {
  scan(comm, values.buffer, values.buffer, std::move(op), where);
}

// Start one. A value and the operator are the runtime's from here on; spans and what is in place
// must stay until the request has ended.
//   auto last = iscan(world, count, std::plus<>());
//   compute(); use(last.get());
template <class T, detail::callable Op>
  requires detail::single<std::remove_cvref_t<T>>
value_request<std::remove_cvref_t<T>> iscan(const communicator& comm, T&& in_value, Op op,
                                            call where = {}) {
  using plain = std::remove_cvref_t<T>;
  return detail::combine_value<plain>(detail::starting(comm, "iscan", where),
                                      detail::collective::scan, plain(std::forward<T>(in_value)),
                                      detail::got_value<plain>{}, std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
value_request<std::vector<std::remove_cv_t<T>>> iscan(const communicator& comm,
                                                      std::span<T, Extent> in_values, Op op,
                                                      call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::combine_spans<element, std::vector<element>>(
      detail::starting(comm, "iscan", where), detail::collective::scan, in_values, std::move(op),
      0);
}
template <class T, std::size_t Extent, class R, std::size_t Room, detail::callable Op>
  requires detail::same_elements<T, R>
request iscan(const communicator& comm, std::span<T, Extent> in_values,
              std::span<R, Room> out_values, Op op, call where = {}) {
  return detail::combine_spans<R, std::span<R>>(detail::starting(comm, "iscan", where),
                                                detail::collective::scan, in_values, std::move(op),
                                                0, std::span<R>(out_values));
}
template <detail::single T, detail::callable Op>
request iscan(const communicator& comm, inplace_t<T> value, Op op, call where = {}) {
  return detail::combine_value_in_place(detail::starting(comm, "iscan", where),
                                        detail::collective::scan, value.buffer, std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
request iscan(const communicator& comm, inplace_t<std::span<T, Extent>> values, Op op,
              call where = {}) {
  return iscan(comm, values.buffer, values.buffer, std::move(op), where);
}

}  // namespace cohort
