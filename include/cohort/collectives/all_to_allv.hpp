// all_to_allv: all_to_all of blocks that differ in length.
#pragma once

#include <cohort/collectives/flat.hpp>
#include <cohort/detail/collective_part.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {

template <class T, class Given, class Got, class Run>
auto all_to_all_blocks(const Run& run, Given&& given, Got&& got) {
  return run(task_on_counted<T>(collective::all_to_all), std::forward<Given>(given),
             std::forward<Got>(got));
}

}  // namespace detail

// Returns the blocks that all ranks of `comm` have for this one, by rank. `blocks` has one for each
// rank; the lengths of those that come need not be known. Linear in all elements.
//   cohort::flat<key> mine = all_to_allv(world, buckets);
template <class T>
flat<T> all_to_allv(const communicator& comm, const flat<T>& blocks, call where = {}) {
  return detail::all_to_all_blocks<T>(detail::blocking(comm, "all_to_allv", where),
                                      detail::given_flat<const flat<T>&>(blocks),
                                      detail::got_flat<T>());
}
// The same from elements and the lengths of the blocks, which add up to in_values.size().
//   cohort::flat<key> mine = all_to_allv(world, std::span(sorted), counts);
template <class T, std::size_t Extent>
flat<std::remove_cv_t<T>> all_to_allv(const communicator& comm, std::span<T, Extent> in_values,
                                      const std::vector<int>& sizes, call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::all_to_all_blocks<element>(detail::blocking(comm, "all_to_allv", where),
                                            detail::given_counted<element>(in_values, sizes),
                                            detail::got_flat<element>());
}
// The same between given places, as MPI_Alltoallv: block r has sizes[r] elements and begins at
// displs[r]; where a list of displacements is empty, behind the block before it. A rank that gives
// another number than a rank expects of it is an error on all.
//   all_to_allv(world, out, out_sizes, out_displs, in, in_sizes, in_displs);
template <class T>
void all_to_allv(const communicator& comm, const T* in_values, const std::vector<int>& in_sizes,
                 const std::vector<int>& in_displs, T* out_values,
                 const std::vector<int>& out_sizes, const std::vector<int>& out_displs,
                 call where = {}) {
  detail::all_to_all_blocks<T>(detail::blocking(comm, "all_to_allv", where),
                               detail::given_counted<T>(in_values, in_sizes, in_displs),
                               detail::got_counted<T>(out_values, out_sizes, out_displs));
}

// Starts one. The blocks are the runtime's from here on, a span must stay until the request has
// ended.
//   auto mine = iall_to_allv(world, std::move(buckets));
//   compute(); use(mine.get());
template <class T>
value_request<flat<T>> iall_to_allv(const communicator& comm, flat<T> blocks, call where = {}) {
  return detail::all_to_all_blocks<T>(detail::starting(comm, "iall_to_allv", where),
                                      detail::given_flat<flat<T>>(std::move(blocks)),
                                      detail::got_flat<T>());
}
template <class T, std::size_t Extent>
value_request<flat<std::remove_cv_t<T>>> iall_to_allv(const communicator& comm,
                                                      std::span<T, Extent> in_values,
                                                      const std::vector<int>& sizes,
                                                      call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::all_to_all_blocks<element>(detail::starting(comm, "iall_to_allv", where),
                                            detail::given_counted<element>(in_values, sizes),
                                            detail::got_flat<element>());
}

}  // namespace cohort
