// gather: the root gets what all ranks have.
#pragma once

#include <cohort/collectives/inplace.hpp>
#include <cohort/detail/collective_part.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {

template <class Held, class Got, class Run>
auto gather_value(const Run& run, Held&& value, Got&& got, int root) {
  return run(task_on_values<held_type<Held>>(collective::gather, root),
             given_value<Held>(std::forward<Held>(value)), std::forward<Got>(got));
}
// `Room`: a vector, a reference to one, or a span.
template <class T, class Room, class Run, class... Where>
auto gather_elements(const Run& run, std::span<const T> mine, int root, Where&&... room) {
  return run(task_on_elements<T>(collective::gather, root), given_elements<T>(mine, division::one),
             got_elements<Room>(std::forward<Where>(room)..., division::per_rank, mine.size()));
}
template <class T, class Run>
auto gather_in_place(const Run& run, std::span<T> all, int root) {
  return run(task_on_elements<T>(collective::gather, root), given_elements<T>(all, division::own),
             got_elements<std::span<T>>(all, division::per_rank));
}

}  // namespace detail

// Returns, at the root, the values of all ranks of `comm` by rank, and an empty vector elsewhere. A
// value may be a vector or a string of any length: the result is then a vector of them. Linear in
// the bytes at the root.
//   std::vector<double> times = gather(world, my_time, 0);
template <detail::single T>
std::vector<T> gather(const communicator& comm, const T& in_value, int root, call where = {}) {
  return detail::gather_value<const T&>(detail::blocking(comm, "gather", where), in_value,
                                        detail::got_values<std::vector<T>>(), root);
}
// Into a vector, or behind a pointer with room for comm.size() values; used at the root only.
//   gather(world, my_time, times, 0);
template <detail::single T>
void gather(const communicator& comm, const T& in_value, std::vector<T>& out_values, int root,
            call where = {}) {
  detail::gather_value<const T&>(detail::blocking(comm, "gather", where), in_value,
                                 detail::got_values<std::vector<T>&>(out_values), root);
}
template <detail::single T>
void gather(const communicator& comm, const T& in_value, T* out_values, int root, call where = {}) {
  const detail::blocking run(comm, "gather", where);
  detail::gather_value<const T&>(run, in_value,
                                 detail::got_values<std::span<T>>(run.blocks(out_values, 1)), root);
}

// The elements of spans of equal length, one rank's after another's. `all`, used at the root only,
// has room for comm.size() times as many; the vector that is returned is empty elsewhere. For
// differing lengths: gatherv.
//   std::vector<double> field = gather(world, std::span(mine), 0);
template <class T, std::size_t Extent>
std::vector<std::remove_cv_t<T>> gather(const communicator& comm, std::span<T, Extent> in_values,
                                        int root, call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::gather_elements<element, std::vector<element>>(
      detail::blocking(comm, "gather", where), in_values, root);
}
template <class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
void gather(const communicator& comm, std::span<T, Extent> in_values, std::span<R, Room> all,
            int root, call where = {}) {
  detail::gather_elements<R, std::span<R>>(detail::blocking(comm, "gather", where), in_values, root,
                                           std::span<R>(all));
}
// `n` elements from each rank.
template <class T>
std::vector<T> gather(const communicator& comm, const T* in_values, int n, int root,
                      call where = {}) {
  const detail::blocking run(comm, "gather", where);
  return detail::gather_elements<T, std::vector<T>>(run, run.elements(in_values, n), root);
}
template <class T>
void gather(const communicator& comm, const T* in_values, int n, std::vector<T>& out_values,
            int root, call where = {}) {
  const detail::blocking run(comm, "gather", where);
  detail::gather_elements<T, std::vector<T>&>(run, run.elements(in_values, n), root, out_values);
}
template <class T>
void gather(const communicator& comm, const T* in_values, int n, T* out_values, int root,
            call where = {}) {
  const detail::blocking run(comm, "gather", where);
  detail::gather_elements<T, std::span<T>>(run, run.elements(in_values, n), root,
                                           run.blocks(out_values, n));
}
// In place: `all` has a block for each rank, of which each gives its own; the root's gets the
// others.
//   gather(world, cohort::inplace(field), 0);
template <detail::element_range R>
void gather(const communicator& comm, inplace_t<R> all, int root, call where = {}) {
  detail::gather_in_place(detail::blocking(comm, "gather", where), detail::elements_of(all), root);
}

// Start one. A value is the runtime's from here on; spans and what is in place must stay until the
// request has ended.
//   auto times = igather(world, my_time, 0);
//   compute(); show(times.get());
template <class T>
  requires detail::single<std::remove_cvref_t<T>>
value_request<std::vector<std::remove_cvref_t<T>>> igather(const communicator& comm, T&& in_value,
                                                           int root, call where = {}) {
  using plain = std::remove_cvref_t<T>;
  return detail::gather_value<plain>(detail::starting(comm, "igather", where),
                                     plain(std::forward<T>(in_value)),
                                     detail::got_values<std::vector<plain>>(), root);
}
template <class T, std::size_t Extent>
value_request<std::vector<std::remove_cv_t<T>>> igather(const communicator& comm,
                                                        std::span<T, Extent> in_values, int root,
                                                        call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::gather_elements<element, std::vector<element>>(
      detail::starting(comm, "igather", where), in_values, root);
}
template <class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
request igather(const communicator& comm, std::span<T, Extent> in_values, std::span<R, Room> all,
                int root, call where = {}) {
  return detail::gather_elements<R, std::span<R>>(detail::starting(comm, "igather", where),
                                                  in_values, root, std::span<R>(all));
}
template <detail::element_range R>
request igather(const communicator& comm, inplace_t<R> all, int root, call where = {}) {
  return detail::gather_in_place(detail::starting(comm, "igather", where), detail::elements_of(all),
                                 root);
}

}  // namespace cohort
