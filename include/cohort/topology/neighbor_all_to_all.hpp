// neighbor_all_to_all: every rank of a topology has something of its own for each destination.
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
auto neighbor_exchange_values(const Run& run, Held&& values, Got&& got) {
  run.check_blocks(values.size());
  return run(task_on_values<typename std::remove_cvref_t<Held>::value_type>(
                 collective::neighbor_all_to_all),
             given_values<Held>(std::forward<Held>(values)), std::forward<Got>(got));
}
// A rank without neighbours does not know how long the blocks of the others are.
template <class T, class Room, class Run, class... Where>
auto neighbor_exchange_elements(const Run& run, std::span<const T> elements, std::size_t each,
                                Where&&... room) {
  constexpr collective what = collective::neighbor_all_to_all;
  return run(run.around().nobody_alone ? task_on_elements<T>(what) : task_on_counted<T>(what),
             given_elements<T>(elements, division::per_rank, each),
             got_elements_from_neighbors<Room>(run.around(), each, room...));
}
template <class Held, class Run>
auto neighbor_exchange_flat(const Run& run, Held&& blocks) {
  using type = typename std::remove_cvref_t<Held>::value_type;
  run.check_blocks(blocks.size());
  return run(task_on_counted<type>(collective::neighbor_all_to_all),
             given_flat<Held>(std::forward<Held>(blocks)),
             got_flat_from_neighbors<type>(run.around()));
}

}  // namespace detail

// values[i] goes to comm.destinations()[i], element i of the result comes from comm.sources()[i].
// On a grid that is: what I have for the neighbour before me, it gets from the neighbour after it,
// and the other way round; in rings of one and two as well. Otherwise as all neighbourhood
// collectives (neighbor_all_gather.hpp). What is given for null_rank goes nowhere. argument_error
// unless there is one value for each destination.
//   std::vector<std::string> from = neighbor_all_to_all(grid, std::vector{for_left, for_right});
template <topology_communicator Topology, detail::single T>
std::vector<T> neighbor_all_to_all(const Topology& comm, const std::vector<T>& values,
                                   call where = {}) {
  const detail::neighbors_blocking run(comm, "neighbor_all_to_all", where);
  return detail::neighbor_exchange_values<const std::vector<T>&>(
      run, values, detail::got_from_neighbors<std::vector<T>>(run.around()));
}
// Into a vector, which gets as many elements as there are sources.
template <topology_communicator Topology, detail::single T>
void neighbor_all_to_all(const Topology& comm, const std::vector<T>& values, std::vector<T>& got,
                         call where = {}) {
  const detail::neighbors_blocking run(comm, "neighbor_all_to_all", where);
  detail::neighbor_exchange_values<const std::vector<T>&>(
      run, values, detail::got_from_neighbors<std::vector<T>&>(run.around(), got));
}

// Blocks of elements of one length on all ranks of `comm`, one destination's after another's; `got`
// has room for one from each source. For blocks that differ: neighbor_all_to_allv, or vectors as
// values.
//   neighbor_all_to_all(grid, std::span(borders), std::span(halo));
template <topology_communicator Topology, class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
void neighbor_all_to_all(const Topology& comm, std::span<T, Extent> blocks, std::span<R, Room> got,
                         call where = {}) {
  const detail::neighbors_blocking run(comm, "neighbor_all_to_all", where);
  detail::neighbor_exchange_elements<R, std::span<R>>(
      run, blocks, run.length_of_blocks(blocks.size(), got.size()), std::span<R>(got));
}

// Blocks of any lengths, which need not be known where they go.
//   cohort::flat<int> got = neighbor_all_to_allv(graph, cohort::flat<int>(blocks));
template <topology_communicator Topology, class T>
flat<T> neighbor_all_to_allv(const Topology& comm, const flat<T>& blocks, call where = {}) {
  return detail::neighbor_exchange_flat<const flat<T>&>(
      detail::neighbors_blocking(comm, "neighbor_all_to_allv", where), blocks);
}

// Start one. Values and flat blocks are the runtime's from here on; spans must stay until the
// request has ended.
//   auto got = ineighbor_all_to_all(grid, std::vector{for_left, for_right});
//   compute(); use(got.get());
template <topology_communicator Topology, detail::single T>
value_request<std::vector<T>> ineighbor_all_to_all(const Topology& comm, std::vector<T> values,
                                                   call where = {}) {
  const detail::neighbors_starting run(comm, "ineighbor_all_to_all", where);
  return detail::neighbor_exchange_values<std::vector<T>>(
      run, std::move(values), detail::got_from_neighbors<std::vector<T>>(run.around()));
}
template <topology_communicator Topology, class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
request ineighbor_all_to_all(const Topology& comm, std::span<T, Extent> blocks,
                             std::span<R, Room> got, call where = {}) {
  const detail::neighbors_starting run(comm, "ineighbor_all_to_all", where);
  return detail::neighbor_exchange_elements<R, std::span<R>>(
      run, blocks, run.length_of_blocks(blocks.size(), got.size()), std::span<R>(got));
}
template <topology_communicator Topology, class T>
value_request<flat<T>> ineighbor_all_to_allv(const Topology& comm, flat<T> blocks,
                                             call where = {}) {
  return detail::neighbor_exchange_flat<flat<T>>(
      detail::neighbors_starting(comm, "ineighbor_all_to_allv", where), std::move(blocks));
}

}  // namespace cohort
