// scatterv: scatter of elements whose number differs from rank to rank.
#pragma once

#include <cohort/collectives/flat.hpp>
#include <cohort/collectives/scatter.hpp>
#include <cohort/detail/collective_part.hpp>

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {

template <class T, class Given, class Got, class Run>
auto scatter_blocks(const Run& run, Given&& given, Got&& got, int root) {
  return run(task_on_counted<T>(collective::scatter, root), std::forward<Given>(given),
             std::forward<Got>(got));
}
template <class T>
auto scatter_listed(const blocking& run, const T* in_values, const std::vector<int>& sizes,
                    const std::vector<int>& displs, std::span<T> mine, int root) {
  return scatter_blocks<T>(run, given_counted<T>(in_values, sizes, displs),
                           got_elements<std::span<T>>(mine, division::one), root);
}

}  // namespace detail

// Returns this rank's block of the root's, of which there is one for each rank of `comm`; its
// length comes with it. What the others give as `blocks` is not looked at. Linear in all elements
// at the root.
//   std::vector<double> mine = scatterv(world, pieces, 0);  // pieces: cohort::flat<double>
template <class T>
std::vector<T> scatterv(const communicator& comm, const flat<T>& blocks, int root,
                        call where = {}) {
  return detail::scatter_blocks<T>(detail::blocking(comm, "scatterv", where),
                                   detail::given_flat<const flat<T>&>(blocks),
                                   detail::got_value<std::vector<T>>(), root);
}
// The same from elements and the lengths of the blocks, which add up to in_values.size().
//   std::vector<double> mine = scatterv(world, std::span(field), counts, 0);
template <class T, std::size_t Extent>
std::vector<std::remove_cv_t<T>> scatterv(const communicator& comm, std::span<T, Extent> in_values,
                                          const std::vector<int>& sizes, int root,
                                          call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::scatter_blocks<element>(detail::blocking(comm, "scatterv", where),
                                         detail::given_counted<element>(in_values, sizes),
                                         detail::got_value<std::vector<element>>(), root);
}

// The same from given places: block r has sizes[r] elements and begins at in_values[displs[r]], or
// behind the block before it; these arguments are used at the root only, but for the forms without
// out_size, where a rank finds its own in `sizes`. A rank that expects another number than the root
// has for it is an error on all.
//   scatterv(world, field, sizes, mine.data(), 0);
template <class T>
void scatterv(const communicator& comm, const T* in_values, const std::vector<int>& sizes,
              const std::vector<int>& displs, T* out_values, int out_size, int root,
              call where = {}) {
  const detail::blocking run(comm, "scatterv", where);
  detail::scatter_listed<T>(run, in_values, sizes, displs, run.elements(out_values, out_size),
                            root);
}
template <class T>
void scatterv(const communicator& comm, const std::vector<T>& in_values,
              const std::vector<int>& sizes, const std::vector<int>& displs, T* out_values,
              int out_size, int root, call where = {}) {
  scatterv(comm, in_values.data(), sizes, displs, out_values, out_size, root, where);
}
template <class T>
void scatterv(const communicator& comm, T* out_values, int out_size, int root, call where = {}) {
  const detail::blocking run(comm, "scatterv", where);
  detail::only_gets(run, root);
  detail::scatter_blocks<T>(
      run, detail::nothing_given(),
      detail::got_elements<std::span<T>>(run.elements(out_values, out_size), detail::division::one),
      root);
}
template <class T>
void scatterv(const communicator& comm, const T* in_values, const std::vector<int>& sizes,
              T* out_values, int root, call where = {}) {
  const detail::blocking run(comm, "scatterv", where);
  detail::scatter_listed<T>(run, in_values, sizes, {}, run.elements(out_values, run.own_of(sizes)),
                            root);
}
template <class T>
void scatterv(const communicator& comm, const std::vector<T>& in_values,
              const std::vector<int>& sizes, T* out_values, int root, call where = {}) {
  scatterv(comm, in_values.data(), sizes, out_values, root, where);
}

// Starts one. The blocks are the runtime's from here on, a span must stay until the request has
// ended.
//   auto mine = iscatterv(world, std::move(pieces), 0);
//   compute(); use(mine.get());
template <class T>
value_request<std::vector<T>> iscatterv(const communicator& comm, flat<T> blocks, int root,
                                        call where = {}) {
  return detail::scatter_blocks<T>(detail::starting(comm, "iscatterv", where),
                                   detail::given_flat<flat<T>>(std::move(blocks)),
                                   detail::got_value<std::vector<T>>(), root);
}
template <class T, std::size_t Extent>
value_request<std::vector<std::remove_cv_t<T>>> iscatterv(const communicator& comm,
                                                          std::span<T, Extent> in_values,
                                                          const std::vector<int>& sizes, int root,
                                                          call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::scatter_blocks<element>(detail::starting(comm, "iscatterv", where),
                                         detail::given_counted<element>(in_values, sizes),
                                         detail::got_value<std::vector<element>>(), root);
}

}  // namespace cohort
