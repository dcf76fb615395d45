// all_gather: all ranks get what all ranks have.
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
auto all_gather_value(const Run& run, Held&& value, Got&& got) {
  return run(task_on_values<held_type<Held>>(collective::all_gather),
             given_value<Held>(std::forward<Held>(value)), std::forward<Got>(got));
}
template <class T, class Room, class Run, class... Where>
auto all_gather_elements(const Run& run, std::span<const T> mine, Where&&... room) {
  return run(task_on_elements<T>(collective::all_gather), given_elements<T>(mine, division::one),
             got_elements<Room>(std::forward<Where>(room)..., division::per_rank, mine.size()));
}
template <class T, class Run>
auto all_gather_in_place(const Run& run, std::span<T> all) {
  return run(task_on_elements<T>(collective::all_gather), given_elements<T>(all, division::own),
             got_elements<std::span<T>>(all, division::per_rank));
}

}  // namespace detail

// Returns the values of all ranks of `comm` by rank. A value may be a vector or a string of any
// length: the result is then a vector of them. Linear in the bytes of all.
//   std::vector<std::string> hosts = all_gather(world, my_host);
template <detail::single T>
std::vector<T> all_gather(const communicator& comm, const T& in_value, call where = {}) {
  return detail::all_gather_value<const T&>(detail::blocking(comm, "all_gather", where), in_value,
                                            detail::got_values<std::vector<T>>());
}
// Into a vector, or behind a pointer with room for comm.size() values.
//   all_gather(world, my_host, hosts);
template <detail::single T>
void all_gather(const communicator& comm, const T& in_value, std::vector<T>& out_values,
                call where = {}) {
  detail::all_gather_value<const T&>(detail::blocking(comm, "all_gather", where), in_value,
                                     detail::got_values<std::vector<T>&>(out_values));
}
template <detail::single T>
void all_gather(const communicator& comm, const T& in_value, T* out_values, call where = {}) {
  const detail::blocking run(comm, "all_gather", where);
  detail::all_gather_value<const T&>(run, in_value,
                                     detail::got_values<std::span<T>>(run.blocks(out_values, 1)));
}

// The elements of spans of equal length, one rank's after another's. `all` has room for comm.size()
// times as many. For differing lengths: all_gatherv.
//   std::vector<double> field = all_gather(world, std::span(mine));
template <class T, std::size_t Extent>
std::vector<std::remove_cv_t<T>> all_gather(const communicator& comm,
                                            std::span<T, Extent> in_values, call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::all_gather_elements<element, std::vector<element>>(
      detail::blocking(comm, "all_gather", where), in_values);
}
template <class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
void all_gather(const communicator& comm, std::span<T, Extent> in_values, std::span<R, Room> all,
                call where = {}) {
  detail::all_gather_elements<R, std::span<R>>(detail::blocking(comm, "all_gather", where),
                                               in_values, std::span<R>(all));
}
// `n` elements from each rank.
template <class T>
void all_gather(const communicator& comm, const T* in_values, int n, std::vector<T>& out_values,
                call where = {}) {
  const detail::blocking run(comm, "all_gather", where);
  detail::all_gather_elements<T, std::vector<T>&>(run, run.elements(in_values, n), out_values);
}
template <class T>
void all_gather(const communicator& comm, const T* in_values, int n, T* out_values,
                call where = {}) {
  const detail::blocking run(comm, "all_gather", where);
  detail::all_gather_elements<T, std::span<T>>(run, run.elements(in_values, n),
                                               run.blocks(out_values, n));
}
// In place: `all` has a block for each rank, of which each gives its own and gets the others.
//   all_gather(world, cohort::inplace(field));
template <detail::element_range R>
void all_gather(const communicator& comm, inplace_t<R> all, call where = {}) {
  detail::all_gather_in_place(detail::blocking(comm, "all_gather", where),
                              detail::elements_of(all));
}

// Start one. A value is the runtime's from here on; spans and what is in place must stay until the
// request has ended.
//   auto hosts = iall_gather(world, my_host);
//   compute(); show(hosts.get());
template <class T>
  requires detail::single<std::remove_cvref_t<T>>
value_request<std::vector<std::remove_cvref_t<T>>> iall_gather(const communicator& comm,
                                                               T&& in_value, call where = {}) {
  using plain = std::remove_cvref_t<T>;
  return detail::all_gather_value<plain>(detail::starting(comm, "iall_gather", where),
                                         plain(std::forward<T>(in_value)),
                                         detail::got_values<std::vector<plain>>());
}
template <class T, std::size_t Extent>
value_request<std::vector<std::remove_cv_t<T>>> iall_gather(const communicator& comm,
                                                            std::span<T, Extent> in_values,
                                                            call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::all_gather_elements<element, std::vector<element>>(
      detail::starting(comm, "iall_gather", where), in_values);
}
template <class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
request iall_gather(const communicator& comm, std::span<T, Extent> in_values,
                    std::span<R, Room> all, call where = {}) {
  return detail::all_gather_elements<R, std::span<R>>(detail::starting(comm, "iall_gather", where),
                                                      in_values, std::span<R>(all));
}
template <detail::element_range R>
request iall_gather(const communicator& comm, inplace_t<R> all, call where = {}) {
  return detail::all_gather_in_place(detail::starting(comm, "iall_gather", where),
                                     detail::elements_of(all));
}

}  // namespace cohort
