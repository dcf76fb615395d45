// gatherv: gather of elements whose number differs from rank to rank.
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

template <class T, class Got, class Run>
auto gather_counted(const Run& run, std::span<const T> mine, Got&& got, int root) {
  return run(task_on_counted<T>(collective::gather, root), given_elements<T>(mine, division::one),
             std::forward<Got>(got));
}

}  // namespace detail

// Returns, at the root, the elements of all ranks of `comm`, which need not know each other's
// numbers; no blocks elsewhere. Linear in all elements at the root.
//   cohort::flat<double> all = gatherv(world, std::span(mine), 0);
template <class T, std::size_t Extent>
flat<std::remove_cv_t<T>> gatherv(const communicator& comm, std::span<T, Extent> in_values,
                                  int root, call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::gather_counted<element>(detail::blocking(comm, "gatherv", where), in_values,
                                         detail::got_flat<element>(), root);
}
template <class T>
flat<T> gatherv(const communicator& comm, const std::vector<T>& in_values, int root,
                call where = {}) {
  return gatherv(comm, std::span(in_values), root, where);
}
template <class T>
flat<T> gatherv(const communicator& comm, const T* in_values, int in_size, int root,
                call where = {}) {
  const detail::blocking run(comm, "gatherv", where);
  return detail::gather_counted<T>(run, run.elements(in_values, in_size), detail::got_flat<T>(),
                                   root);
}

// The same to given places, used at the root only: block r has sizes[r] elements and begins at
// out_values[displs[r]], or behind the block before it. A rank that gives another number than the
// root expects of it is an error on all.
//   gatherv(world, mine, all.data(), sizes, 0);
template <class T>
void gatherv(const communicator& comm, const T* in_values, int in_size, T* out_values,
             const std::vector<int>& sizes, const std::vector<int>& displs, int root,
             call where = {}) {
  const detail::blocking run(comm, "gatherv", where);
  detail::gather_counted<T>(run, run.elements(in_values, in_size),
                            detail::got_counted<T>(out_values, sizes, displs), root);
}
template <class T>
void gatherv(const communicator& comm, const std::vector<T>& in_values, T* out_values,
             const std::vector<int>& sizes, const std::vector<int>& displs, int root,
             call where = {}) {
  detail::gather_counted<T>(detail::blocking(comm, "gatherv", where), in_values,
                            detail::got_counted<T>(out_values, sizes, displs), root);
}
template <class T>
void gatherv(const communicator& comm, const T* in_values, int in_size, T* out_values,
             const std::vector<int>& sizes, int root, call where = {}) {
  gatherv(comm, in_values, in_size, out_values, sizes, {}, root, where);
}
template <class T>
void gatherv(const communicator& comm, const std::vector<T>& in_values, T* out_values,
             const std::vector<int>& sizes, int root, call where = {}) {
  gatherv(comm, in_values, out_values, sizes, {}, root, where);
}

// Starts one. The elements must stay until the request has ended.
//   auto all = igatherv(world, std::span(mine), 0);
//   compute(); show(all.get());
template <class T, std::size_t Extent>
value_request<flat<std::remove_cv_t<T>>> igatherv(const communicator& comm,
                                                  std::span<T, Extent> in_values, int root,
                                                  call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::gather_counted<element>(detail::starting(comm, "igatherv", where), in_values,
                                         detail::got_flat<element>(), root);
}

}  // namespace cohort
