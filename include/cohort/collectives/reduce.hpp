// reduce: the root gets all ranks' contributions combined.
#pragma once

#include <cohort/detail/collective_reduction.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

// Returns, at the root, the values of all ranks of `comm` combined: v0 op v1 op … in the order of
// the ranks, unless the operator is known to be commutative; nothing elsewhere. Operators:
// operators.hpp. How the operands are associated depends on operation, type, number and placement
// of the ranks only, so results repeat bit for bit. Cost: O(log size) messages, or shared memory.
//   if (auto total = reduce(world, mine, std::plus<>(), 0)) std::cout << *total;
template <detail::single T, detail::callable Op>
std::optional<T> reduce(const communicator& comm, const T& in_value, Op op, int root,
                        call where = {}) {
  return detail::combine_value<const T&>(
      detail::blocking(comm, "reduce", where), detail::collective::reduce, in_value,
      detail::got_value<std::optional<T>, true>(), std::move(op), root);
}
// Into an object, which only the root's call changes.
//   reduce(world, mine, total, std::plus<>(), 0);
template <detail::single T, detail::callable Op>
void reduce(const communicator& comm, const T& in_value, T& out_value, Op op, int root,
            call where = {}) {
  detail::combine_value<const T&>(detail::blocking(comm, "reduce", where),
                                  detail::collective::reduce, in_value,
                                  detail::got_value<T&>(out_value), std::move(op), root);
}

// Element by element, from spans of equal length; the result is as long. A vector that is returned
// is empty except at the root; `out_values` is used at the root only.
//   std::vector<double> sums = reduce(world, std::span(field), std::plus<>(), 0);
template <class T, std::size_t Extent, detail::callable Op>
std::vector<std::remove_cv_t<T>> reduce(const communicator& comm, std::span<T, Extent> in_values,
                                        Op op, int root, call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::combine_spans<element, std::vector<element>>(
      detail::blocking(comm, "reduce", where), detail::collective::reduce, in_values, std::move(op),
      root);
}
template <class T, std::size_t Extent, class R, std::size_t Room, detail::callable Op>
  requires detail::same_elements<T, R>
void reduce(const communicator& comm, std::span<T, Extent> in_values, std::span<R, Room> out_values,
            Op op, int root, call where = {}) {
  detail::combine_spans<R, std::span<R>>(detail::blocking(comm, "reduce", where),
                                         detail::collective::reduce, in_values, std::move(op), root,
                                         std::span<R>(out_values));
}
// `n` elements.
template <class T, detail::callable Op>
void reduce(const communicator& comm, const T* in_values, int n, T* out_values, Op op, int root,
            call where = {}) {
  const detail::blocking run(comm, "reduce", where);
  detail::combine_spans<T, std::span<T>>(run, detail::collective::reduce,
                                         run.elements(in_values, n), std::move(op), root,
                                         run.elements(out_values, n));
}
template <class T, detail::callable Op>
std::vector<T> reduce(const communicator& comm, const T* in_values, int n, Op op, int root,
                      call where = {}) {
  const detail::blocking run(comm, "reduce", where);
  return detail::combine_spans<T, std::vector<T>>(run, detail::collective::reduce,
                                                  run.elements(in_values, n), std::move(op), root);
}
// In place: at the root the object, or the elements, become the result.
//   reduce(world, cohort::inplace(std::span(field)), std::plus<>(), 0);
template <detail::single T, detail::callable Op>
void reduce(const communicator& comm, inplace_t<T> value, Op op, int root, call where = {}) {
  detail::combine_value_in_place(detail::blocking(comm, "reduce", where),
                                 detail::collective::reduce, value.buffer, std::move(op), root);
}
template <class T, std::size_t Extent, detail::callable Op>
void reduce(const communicator& comm, inplace_t<std::span<T, Extent>> values, Op op, int root,
            call where = {}) {
  reduce(comm, values.buffer, values.buffer, std::move(op), root, where);
}

// Start one. A value and the operator are the runtime's from here on; spans and what is in place
// must stay until the request has ended.
//   auto total = ireduce(world, mine, std::plus<>(), 0);
//   compute(); if (auto sum = total.get()) show(*sum);
template <class T, detail::callable Op>
  requires detail::single<std::remove_cvref_t<T>>
value_request<std::optional<std::remove_cvref_t<T>>> ireduce(const communicator& comm, T&& in_value,
                                                             Op op, int root, call where = {}) {
  using plain = std::remove_cvref_t<T>;
  return detail::combine_value<plain>(detail::starting(comm, "ireduce", where),
                                      detail::collective::reduce, plain(std::forward<T>(in_value)),
                                      detail::got_value<std::optional<plain>, true>(),
                                      std::move(op), root);
}
template <class T, std::size_t Extent, detail::callable Op>
value_request<std::vector<std::remove_cv_t<T>>> ireduce(const communicator& comm,
                                                        std::span<T, Extent> in_values, Op op,
                                                        int root, call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::combine_spans<element, std::vector<element>>(
      detail::starting(comm, "ireduce", where), detail::collective::reduce, in_values,
      std::move(op), root);
}
template <class T, std::size_t Extent, class R, std::size_t Room, detail::callable Op>
  requires detail::same_elements<T, R>
request ireduce(const communicator& comm, std::span<T, Extent> in_values,
                std::span<R, Room> out_values, Op op, int root, call where = {}) {
  return detail::combine_spans<R, std::span<R>>(detail::starting(comm, "ireduce", where),
                                                detail::collective::reduce, in_values,
                                                std::move(op), root, std::span<R>(out_values));
}
template <detail::single T, detail::callable Op>
request ireduce(const communicator& comm, inplace_t<T> value, Op op, int root, call where = {}) {
  return detail::combine_value_in_place(detail::starting(comm, "ireduce", where),
                                        detail::collective::reduce, value.buffer, std::move(op),
                                        root);
}
template <class T, std::size_t Extent, detail::callable Op>
request ireduce(const communicator& comm, inplace_t<std::span<T, Extent>> values, Op op, int root,
                call where = {}) {
  return ireduce(comm, values.buffer, values.buffer, std::move(op), root, where);
}

}  // namespace cohort
