// all_reduce: all ranks get all ranks' contributions combined.
#pragma once

#include <cohort/detail/collective_reduction.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

// Returns the values of all ranks of `comm` combined: v0 op v1 op … in the order of the ranks,
// unless the operator is known to be commutative. Operators: operators.hpp. All ranks get the same
// bits; how the operands are associated depends on operation, type, number and placement of the
// ranks only, so results repeat. A container is combined as a whole, by an operator on containers;
// element by element it has to be given as a span. Cost: O(log size) messages, or shared memory.
//   double total = all_reduce(world, mine, std::plus<>());
template <detail::single T, detail::callable Op>
T all_reduce(const communicator& comm, const T& in_value, Op op, call where = {}) {
  return detail::combine_value<const T&>(detail::blocking(comm, "all_reduce", where),
                                         detail::collective::all_reduce, in_value,
                                         detail::got_value<T>{}, std::move(op));
}
// Into an object.
//   all_reduce(world, mine, total, std::plus<>());
template <detail::single T, detail::callable Op>
void all_reduce(const communicator& comm, const T& in_value, T& out_value, Op op, call where = {}) {
  detail::combine_value<const T&>(detail::blocking(comm, "all_reduce", where),
                                  detail::collective::all_reduce, in_value,
                                  detail::got_value<T&>(out_value), std::move(op));
}

// Element by element, from spans of equal length; the result is as long.
//   std::vector<double> sums = all_reduce(world, std::span(field), std::plus<>());
template <class T, std::size_t Extent, detail::callable Op>
std::vector<std::remove_cv_t<T>> all_reduce(const communicator& comm,
                                            std::span<T, Extent> in_values, Op op,
                                            call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::combine_spans<element, std::vector<element>>(
      detail::blocking(comm, "all_reduce", where), detail::collective::all_reduce, in_values,
      std::move(op), 0);
}
template <class T, std::size_t Extent, class R, std::size_t Room, detail::callable Op>
  requires detail::same_elements<T, R>
void all_reduce(const communicator& comm, std::span<T, Extent> in_values,
                std::span<R, Room> out_values, Op op, call where = {}) {
  detail::combine_spans<R, std::span<R>>(detail::blocking(comm, "all_reduce", where),
                                         detail::collective::all_reduce, in_values, std::move(op),
                                         0, std::span<R>(out_values));
}
// `n` elements.
template <class T, detail::callable Op>
void all_reduce(const communicator& comm, const T* in_values, int n, T* out_values, Op op,
                call where = {}) {
  const detail::blocking run(comm, "all_reduce", where);
  detail::combine_spans<T, std::span<T>>(run, detail::collective::all_reduce,
                                         run.elements(in_values, n), std::move(op), 0,
                                         run.elements(out_values, n));
}
// In place: the object, or the elements, become the result.
//   all_reduce(world, cohort::inplace(std::span(field)), std::plus<>());
template <detail::single T, detail::callable Op>
void all_reduce(const communicator& comm, inplace_t<T> value, Op op, call where = {}) {
  detail::combine_value_in_place(detail::blocking(comm, "all_reduce", where),
                                 detail::collective::all_reduce, value.buffer, std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
void all_reduce(const communicator& comm, inplace_t<std::span<T, Extent>> values, Op op,
                call where = {}) {
  all_reduce(comm, values.buffer, values.buffer, std::move(op), where);
}
template <class T, detail::callable Op>
void all_reduce(const communicator& comm, inplace_t<T*> values, int n, Op op, call where = {}) {
  const detail::blocking run(comm, "all_reduce", where);
  const std::span<T> elements = run.elements(values.buffer, n);
  detail::combine_spans<T, std::span<T>>(run, detail::collective::all_reduce, elements,
                                         std::move(op), 0, elements);
}

// Start one. A value and the operator are the runtime's from here on; spans and what is in place
// must stay until the request has ended.
//   auto total = iall_reduce(world, mine, std::plus<>());
//   compute(); show(total.get());
template <class T, detail::callable Op>
  requires detail::single<std::remove_cvref_t<T>>
value_request<std::remove_cvref_t<T>> iall_reduce(const communicator& comm, T&& in_value, Op op,
                                                  call where = {}) {
  using plain = std::remove_cvref_t<T>;
  return detail::combine_value<plain>(
      detail::starting(comm, "iall_reduce", where), detail::collective::all_reduce,
      plain(std::forward<T>(in_value)), detail::got_value<plain>{}, std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
value_request<std::vector<std::remove_cv_t<T>>> iall_reduce(const communicator& comm,
                                                            std::span<T, Extent> in_values, Op op,
                                                            call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::combine_spans<element, std::vector<element>>(
      detail::starting(comm, "iall_reduce", where), detail::collective::all_reduce, in_values,
      std::move(op), 0);
}
template <class T, std::size_t Extent, class R, std::size_t Room, detail::callable Op>
  requires detail::same_elements<T, R>
request iall_reduce(const communicator& comm, std::span<T, Extent> in_values,
                    std::span<R, Room> out_values, Op op, call where = {}) {
  return detail::combine_spans<R, std::span<R>>(detail::starting(comm, "iall_reduce", where),
                                                detail::collective::all_reduce, in_values,
                                                std::move(op), 0, std::span<R>(out_values));
}
template <detail::single T, detail::callable Op>
request iall_reduce(const communicator& comm, inplace_t<T> value, Op op, call where = {}) {
  return detail::combine_value_in_place(detail::starting(comm, "iall_reduce", where),
                                        detail::collective::all_reduce, value.buffer,
                                        std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
request iall_reduce(const communicator& comm, inplace_t<std::span<T, Extent>> values, Op op,
                    call where = {}) {
  return iall_reduce(comm, values.buffer, values.buffer, std::move(op), where);
}

}  // namespace cohort
