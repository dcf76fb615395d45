// exscan: each rank gets the contributions of the ranks before it combined.
#pragma once

#include <cohort/detail/collective_reduction.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

// Returns v0 op … op v(r-1) at rank r of `comm`: exclusive prefixes in the order of the ranks;
// nothing at rank 0, which has none before it. Operators: operators.hpp. Results repeat bit for
// bit. Cost: O(log size) messages, or shared memory.
//   long first = exscan(world, count, std::plus<>()).value_or(0);  // my items begin here
template <detail::single T, detail::callable Op>
std::optional<T> exscan(const communicator& comm, const T& in_value, Op op, call where = {}) {
  return detail::combine_value<const T&>(
      detail::blocking(comm, "exscan", where), detail::collective::exscan, in_value,
      detail::got_value<std::optional<T>, true>(), std::move(op));
}
// Into an object, which rank 0's call leaves as it is.
//   exscan(world, count, first, std::plus<>());
template <detail::single T, detail::callable Op>
void exscan(const communicator& comm, const T& in_value, T& out_value, Op op, call where = {}) {
  detail::combine_value<const T&>(detail::blocking(comm, "exscan", where),
                                  detail::collective::exscan, in_value,
                                  detail::got_value<T&>(out_value), std::move(op));
}

// Element by element, from spans of equal length; the result is as long. At rank 0 a vector that is
// returned is empty, and `out_values` is left as it is.
//   std::vector<long> begins = exscan(world, std::span(counts), std::plus<>());
template <class T, std::size_t Extent, detail::callable Op>
std::vector<std::remove_cv_t<T>> exscan(const communicator& comm, std::span<T, Extent> in_values,
                                        Op op, call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::combine_spans<element, std::vector<element>>(
      detail::blocking(comm, "exscan", where), detail::collective::exscan, in_values, std::move(op),
      0);
}
template <class T, std::size_t Extent, class R, std::size_t Room, detail::callable Op>
  requires detail::same_elements<T, R>
void exscan(const communicator& comm, std::span<T, Extent> in_values, std::span<R, Room> out_values,
            Op op, call where = {}) {
  detail::combine_spans<R, std::span<R>>(detail::blocking(comm, "exscan", where),
                                         detail::collective::exscan, in_values, std::move(op), 0,
                                         std::span<R>(out_values));
}
// `n` elements.
template <class T, detail::callable Op>
void exscan(const communicator& comm, const T* in_values, int n, T* out_values, Op op,
            call where = {}) {
  const detail::blocking run(comm, "exscan", where);
  detail::combine_spans<T, std::span<T>>(run, detail::collective::exscan,
                                         run.elements(in_values, n), std::move(op), 0,
                                         run.elements(out_values, n));
}
// In place: the object, or the elements, become the result, except at rank 0.
//   exscan(world, cohort::inplace(count), std::plus<>());
template <detail::single T, detail::callable Op>
void exscan(const communicator& comm, inplace_t<T> value, Op op, call where = {}) {
  detail::combine_value_in_place(detail::blocking(comm, "exscan", where),
                                 detail::collective::exscan, value.buffer, std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
void exscan(const communicator& comm, inplace_t<std::span<T, Extent>> values, Op op,
            call where = {}) {
  exscan(comm, values.buffer, values.buffer, std::move(op), where);
}

// Start one. A value and the operator are the runtime's from here on; spans and what is in place
// must stay until the request has ended.
//   auto first = iexscan(world, count, std::plus<>());
//   compute(); use(first.get().value_or(0));
template <class T, detail::callable Op>
  requires detail::single<std::remove_cvref_t<T>>
value_request<std::optional<std::remove_cvref_t<T>>> iexscan(const communicator& comm, T&& in_value,
                                                             Op op, call where = {}) {
  using plain = std::remove_cvref_t<T>;
  return detail::combine_value<plain>(detail::starting(comm, "iexscan", where),
                                      detail::collective::exscan, plain(std::forward<T>(in_value)),
                                      detail::got_value<std::optional<plain>, true>(),
                                      std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
value_request<std::vector<std::remove_cv_t<T>>> iexscan(const communicator& comm,
                                                        std::span<T, Extent> in_values, Op op,
                                                        call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::combine_spans<element, std::vector<element>>(
      detail::starting(comm, "iexscan", where), detail::collective::exscan, in_values,
      std::move(op), 0);
}
template <class T, std::size_t Extent, class R, std::size_t Room, detail::callable Op>
  requires detail::same_elements<T, R>
request iexscan(const communicator& comm, std::span<T, Extent> in_values,
                std::span<R, Room> out_values, Op op, call where = {}) {
  return detail::combine_spans<R, std::span<R>>(detail::starting(comm, "iexscan", where),
                                                detail::collective::exscan, in_values,
                                                std::move(op), 0, std::span<R>(out_values));
}
template <detail::single T, detail::callable Op>
request iexscan(const communicator& comm, inplace_t<T> value, Op op, call where = {}) {
  return detail::combine_value_in_place(detail::starting(comm, "iexscan", where),
                                        detail::collective::exscan, value.buffer, std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
request iexscan(const communicator& comm, inplace_t<std::span<T, Extent>> values, Op op,
                call where = {}) {
  return iexscan(comm, values.buffer, values.buffer, std::move(op), where);
}

}  // namespace cohort
