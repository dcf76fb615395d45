// all_gatherv: all_gather of elements whose number differs from rank to rank.
#pragma once

#include <cohort/collectives/flat.hpp>
#include <cohort/detail/collective_part.hpp>

#include <cstddef>
#include <numeric>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {

template <class T, class Got, class Run>
auto all_gather_counted(const Run& run, std::span<const T> mine, Got&& got) {
  return run(task_on_counted<T>(collective::all_gather), given_elements<T>(mine, division::one),
             std::forward<Got>(got));
}
// The caller's own number is the one in `sizes`.
template <class T>
void all_gather_listed(const communicator& comm, const T* in_values, T* out_values,
                       const std::vector<int>& sizes, const std::vector<int>& displs,
                       const call& where) {
  const blocking run(comm, "all_gatherv", where);
  all_gather_counted<T>(run, run.elements(in_values, run.own_of(sizes)),
                        got_counted<T>(out_values, sizes, displs));
}

}  // namespace detail

// Returns the elements of all ranks of `comm`, which need not know each other's numbers. Linear in
// all elements.
//   cohort::flat<double> all = all_gatherv(world, std::span(mine));
template <class T, std::size_t Extent>
flat<std::remove_cv_t<T>> all_gatherv(const communicator& comm, std::span<T, Extent> in_values,
                                      call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::all_gather_counted<element>(detail::blocking(comm, "all_gatherv", where),
                                             in_values, detail::got_flat<element>());
}
template <class T>
flat<T> all_gatherv(const communicator& comm, const std::vector<T>& in_values, call where = {}) {
  return all_gatherv(comm, std::span(in_values), where);
}

// The same to given places: block r has sizes[r] elements and begins at out_values[displs[r]], or
// behind the block before it. A rank that gives another number than a rank expects of it is an
// error on all.
//   all_gatherv(world, mine, all, sizes);
template <detail::single T>
void all_gatherv(const communicator& comm, const T& in_value, T* out_values,
                 const std::vector<int>& sizes, call where = {}) {
  detail::all_gather_listed(comm, &in_value, out_values, sizes, {}, where);
}
template <class T>
void all_gatherv(const communicator& comm, const T* in_values, T* out_values,
                 const std::vector<int>& sizes, call where = {}) {
  detail::all_gather_listed(comm, in_values, out_values, sizes, {}, where);
}
template <class T>
void all_gatherv(const communicator& comm, const std::vector<T>& in_values,
                 std::vector<T>& out_values, const std::vector<int>& sizes, call where = {}) {
  all_gatherv(comm, in_values, out_values, sizes, {}, where);
}
template <detail::single T>
void all_gatherv(const communicator& comm, const T& in_value, T* out_values,
                 const std::vector<int>& sizes, const std::vector<int>& displs, call where = {}) {
  detail::all_gather_listed(comm, &in_value, out_values, sizes, displs, where);
}
template <class T>
void all_gatherv(const communicator& comm, const T* in_values, T* out_values,
                 const std::vector<int>& sizes, const std::vector<int>& displs, call where = {}) {
  detail::all_gather_listed(comm, in_values, out_values, sizes, displs, where);
}
// The vector gets the length that all blocks and the gaps between them take.
template <class T>
void all_gatherv(const communicator& comm, const std::vector<T>& in_values,
                 std::vector<T>& out_values, const std::vector<int>& sizes,
                 const std::vector<int>& displs, call where = {}) {
  const detail::blocking run(comm, "all_gatherv", where);
  out_values.resize(run.length_of(sizes, displs));
  detail::all_gather_counted<T>(run, in_values,
                                detail::got_counted<T>(out_values.data(), sizes, displs));
}

// Starts one. The elements must stay until the request has ended.
//   auto all = iall_gatherv(world, std::span(mine));
//   compute(); show(all.get());
template <class T, std::size_t Extent>
value_request<flat<std::remove_cv_t<T>>> iall_gatherv(const communicator& comm,
                                                      std::span<T, Extent> in_values,
                                                      call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::all_gather_counted<element>(detail::starting(comm, "iall_gatherv", where),
                                             in_values, detail::got_flat<element>());
}

}  // namespace cohort
