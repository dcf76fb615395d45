// reduce_scatter: each rank gets its block of all ranks' contributions combined.
#pragma once

#include <cohort/detail/collective_reduction.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {

template <class Held, class Op, class Run>
auto reduce_scatter_values(const Run& run, Held&& items, Op op) {
  using type = typename std::remove_cvref_t<Held>::value_type;
  return run(task_on_values<type>(collective::reduce_scatter),
             given_values<Held>(std::forward<Held>(items)), got_value<type>{},
             operator_holder<type, Op, operands::value>(std::move(op)));
}
template <class T, class Got, class Op, class Run>
auto reduce_scatter_elements(const Run& run, std::span<const T> all, std::size_t each, Got&& got,
                             Op op) {
  return run(task_on_elements<T>(collective::reduce_scatter),
             given_elements<T>(all, division::per_rank, each), std::forward<Got>(got),
             operator_holder<T, Op, operands::elements>(std::move(op)));
}
template <class T, class Op, class Run>
auto reduce_scatter_counted(const Run& run, std::span<const T> all, const std::vector<int>& counts,
                            Op op) {
  return run(task_on_counted<T>(collective::reduce_scatter), given_counted<T>(all, counts),
             got_value<std::vector<T>>(),
             operator_holder<T, Op, operands::elements>(std::move(op)));
}

}  // namespace detail

// Returns item r of all ranks of `comm` combined, at rank r. `items` has one for each rank;
// argument_error on this rank, collective_error on the others, where it has not. Order and
// operators as in all_reduce. Linear in the bytes of all items.
//   double my_share = reduce_scatter(world, shares, std::plus<>());
template <class T, detail::callable Op>
T reduce_scatter(const communicator& comm, const std::vector<T>& items, Op op, call where = {}) {
  return detail::reduce_scatter_values<const std::vector<T>&>(
      detail::blocking(comm, "reduce_scatter", where), items, std::move(op));
}

// Element by element: block r of the elements, combined, goes to rank r. Blocks are of equal
// length; `mine` has the length of one.
//   std::vector<double> mine = reduce_scatter(world, std::span(all), std::plus<>());
template <class T, std::size_t Extent, detail::callable Op>
std::vector<std::remove_cv_t<T>> reduce_scatter(const communicator& comm, std::span<T, Extent> all,
                                                Op op, call where = {}) {
  using element = std::remove_cv_t<T>;
  const detail::blocking run(comm, "reduce_scatter", where);
  return detail::reduce_scatter_elements<element>(
      run, all, detail::any_number,
      detail::got_elements<std::vector<element>>(detail::division::one, run.block_of(all.size())),
      std::move(op));
}
template <class T, std::size_t Extent, class R, std::size_t Room, detail::callable Op>
  requires detail::same_elements<T, R>
void reduce_scatter(const communicator& comm, std::span<T, Extent> all, std::span<R, Room> mine,
                    Op op, call where = {}) {
  detail::reduce_scatter_elements<R>(
      detail::blocking(comm, "reduce_scatter", where), all, mine.size(),
      detail::got_elements<std::span<R>>(mine, detail::division::one), std::move(op));
}
// Blocks of `counts[r]` elements, the same list on all ranks.
//   std::vector<double> mine = reduce_scatter(world, std::span(all), counts, std::plus<>());
template <class T, std::size_t Extent, detail::callable Op>
std::vector<std::remove_cv_t<T>> reduce_scatter(const communicator& comm, std::span<T, Extent> all,
                                                const std::vector<int>& counts, Op op,
                                                call where = {}) {
  return detail::reduce_scatter_counted<std::remove_cv_t<T>>(
      detail::blocking(comm, "reduce_scatter", where), all, counts, std::move(op));
}
// In place: the caller's block becomes the result where it is; the others stay as they are.
//   reduce_scatter(world, cohort::inplace(all), std::plus<>());
template <detail::element_range R, detail::callable Op>
void reduce_scatter(const communicator& comm, inplace_t<R> all, Op op, call where = {}) {
  const auto blocks = detail::elements_of(all);
  using element = typename decltype(blocks)::value_type;
  detail::reduce_scatter_elements<element>(
      detail::blocking(comm, "reduce_scatter", where), blocks, detail::any_number,
      detail::got_elements<std::span<element>>(blocks, detail::division::own), std::move(op));
}

// Start one. A vector of items, lists and the operator are the runtime's from here on; spans and
// what is in place must stay until the request has ended.
//   auto mine = ireduce_scatter(world, std::span(all), std::plus<>());
//   compute(); use(mine.get());
template <class T, detail::callable Op>
value_request<T> ireduce_scatter(const communicator& comm, std::vector<T> items, Op op,
                                 call where = {}) {
  return detail::reduce_scatter_values<std::vector<T>>(
      detail::starting(comm, "ireduce_scatter", where), std::move(items), std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
value_request<std::vector<std::remove_cv_t<T>>> ireduce_scatter(const communicator& comm,
                                                                std::span<T, Extent> all, Op op,
                                                                call where = {}) {
  using element = std::remove_cv_t<T>;
  const detail::starting run(comm, "ireduce_scatter", where);
  return detail::reduce_scatter_elements<element>(
      run, all, detail::any_number,
      detail::got_elements<std::vector<element>>(detail::division::one, run.block_of(all.size())),
      std::move(op));
}
template <class T, std::size_t Extent, class R, std::size_t Room, detail::callable Op>
  requires detail::same_elements<T, R>
request ireduce_scatter(const communicator& comm, std::span<T, Extent> all, std::span<R, Room> mine,
                        Op op, call where = {}) {
  return detail::reduce_scatter_elements<R>(
      detail::starting(comm, "ireduce_scatter", where), all, mine.size(),
      detail::got_elements<std::span<R>>(mine, detail::division::one), std::move(op));
}
template <class T, std::size_t Extent, detail::callable Op>
value_request<std::vector<std::remove_cv_t<T>>> ireduce_scatter(const communicator& comm,
                                                                std::span<T, Extent> all,
                                                                const std::vector<int>& counts,
                                                                Op op, call where = {}) {
  return detail::reduce_scatter_counted<std::remove_cv_t<T>>(
      detail::starting(comm, "ireduce_scatter", where), all, counts, std::move(op));
}
template <detail::element_range R, detail::callable Op>
request ireduce_scatter(const communicator& comm, inplace_t<R> all, Op op, call where = {}) {
  const auto blocks = detail::elements_of(all);
  using element = typename decltype(blocks)::value_type;
  return detail::reduce_scatter_elements<element>(
      detail::starting(comm, "ireduce_scatter", where), blocks, detail::any_number,
      detail::got_elements<std::span<element>>(blocks, detail::division::own), std::move(op));
}

}  // namespace cohort
