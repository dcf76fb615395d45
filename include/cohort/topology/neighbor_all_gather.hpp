// neighbor_all_gather: every rank of a topology gets what its sources have.
#pragma once

#include <cohort/topology/neighbor_part.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {

template <class Held, class Got, class Run>
auto neighbor_gather_value(const Run& run, Held&& value, Got&& got) {
  return run(task_on_values<held_type<Held>>(collective::neighbor_all_gather),
             given_value<Held>(std::forward<Held>(value)), std::forward<Got>(got));
}
template <class T, class Room, class Run, class... Where>
auto neighbor_gather_elements(const Run& run, std::span<const T> mine, Where&&... room) {
  return run(task_on_elements<T>(collective::neighbor_all_gather),
             given_elements<T>(mine, division::one),
             got_elements_from_neighbors<Room>(run.around(), mine.size(), room...));
}
template <class T, class Run>
auto neighbor_gather_counted(const Run& run, std::span<const T> mine) {
  return run(task_on_counted<T>(collective::neighbor_all_gather),
             given_elements<T>(mine, division::one), got_flat_from_neighbors<T>(run.around()));
}

}  // namespace detail

// Common to the neighbourhood collectives. They are collective over the topology, a
// cartesian_communicator or graph_communicator `comm`: all its ranks must call them, those without
// neighbours too. The results stand in the order of comm.sources(). Where a source is null_rank,
// what it would fill stays as it is: a default value, or an empty block, in a result that is
// returned. There is no form in place, as in MPI. Errors as of all collectives. Each rank sends one
// message to each destination, and all at once.

// Returns the values of the caller's sources. A value may be a vector or a string of any length.
//   std::vector<double> around = neighbor_all_gather(grid, temperature);
template <topology_communicator Topology, detail::single T>
std::vector<T> neighbor_all_gather(const Topology& comm, const T& value, call where = {}) {
  const detail::neighbors_blocking run(comm, "neighbor_all_gather", where);
  return detail::neighbor_gather_value<const T&>(
      run, value, detail::got_from_neighbors<std::vector<T>>(run.around()));
}
// Into a vector, which gets as many elements as there are sources.
//   neighbor_all_gather(grid, temperature, around);
template <topology_communicator Topology, detail::single T>
void neighbor_all_gather(const Topology& comm, const T& value, std::vector<T>& values,
                         call where = {}) {
  const detail::neighbors_blocking run(comm, "neighbor_all_gather", where);
  detail::neighbor_gather_value<const T&>(
      run, value, detail::got_from_neighbors<std::vector<T>&>(run.around(), values));
}

// The elements of spans, equally many on all ranks of `comm`, one source's after another's. `all`
// has room for so many from each source. For differing lengths: neighbor_all_gatherv.
//   std::vector<double> rows = neighbor_all_gather(grid, std::span(my_row));
template <topology_communicator Topology, class T, std::size_t Extent>
std::vector<std::remove_cv_t<T>> neighbor_all_gather(const Topology& comm,
                                                     std::span<T, Extent> elements,
                                                     call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::neighbor_gather_elements<element, std::vector<element>>(
      detail::neighbors_blocking(comm, "neighbor_all_gather", where), elements);
}
template <topology_communicator Topology, class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
void neighbor_all_gather(const Topology& comm, std::span<T, Extent> elements,
                         std::span<R, Room> all, call where = {}) {
  detail::neighbor_gather_elements<R, std::span<R>>(
      detail::neighbors_blocking(comm, "neighbor_all_gather", where), elements, std::span<R>(all));
}

// The same with lengths that may differ from rank to rank, and need not be known: block i is from
// source i.
//   cohort::flat<int> cells = neighbor_all_gatherv(graph, std::span(mine));
template <topology_communicator Topology, class T, std::size_t Extent>
flat<std::remove_cv_t<T>> neighbor_all_gatherv(const Topology& comm, std::span<T, Extent> elements,
                                               call where = {}) {
  return detail::neighbor_gather_counted<std::remove_cv_t<T>>(
      detail::neighbors_blocking(comm, "neighbor_all_gatherv", where), elements);
}

// Start one. A value is the runtime's from here on; spans must stay until the request has ended.
//   auto around = ineighbor_all_gather(grid, temperature);
//   compute(); use(around.get());
template <topology_communicator Topology, class T>
  requires detail::single<std::remove_cvref_t<T>>
value_request<std::vector<std::remove_cvref_t<T>>> ineighbor_all_gather(const Topology& comm,
                                                                        T&& value,
                                                                        call where = {}) {
  using plain = std::remove_cvref_t<T>;
  const detail::neighbors_starting run(comm, "ineighbor_all_gather", where);
  return detail::neighbor_gather_value<plain>(
      run, plain(std::forward<T>(value)),
      detail::got_from_neighbors<std::vector<plain>>(run.around()));
}
template <topology_communicator Topology, class T, std::size_t Extent>
value_request<std::vector<std::remove_cv_t<T>>> ineighbor_all_gather(const Topology& comm,
                                                                     std::span<T, Extent> elements,
                                                                     call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::neighbor_gather_elements<element, std::vector<element>>(
      detail::neighbors_starting(comm, "ineighbor_all_gather", where), elements);
}
template <topology_communicator Topology, class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
request ineighbor_all_gather(const Topology& comm, std::span<T, Extent> elements,
                             std::span<R, Room> all, call where = {}) {
  return detail::neighbor_gather_elements<R, std::span<R>>(
      detail::neighbors_starting(comm, "ineighbor_all_gather", where), elements, std::span<R>(all));
}
template <topology_communicator Topology, class T, std::size_t Extent>
value_request<flat<std::remove_cv_t<T>>> ineighbor_all_gatherv(const Topology& comm,
                                                               std::span<T, Extent> elements,
                                                               call where = {}) {
  return detail::neighbor_gather_counted<std::remove_cv_t<T>>(
      detail::neighbors_starting(comm, "ineighbor_all_gatherv", where), elements);
}

}  // namespace cohort
