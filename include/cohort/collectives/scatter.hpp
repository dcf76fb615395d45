// scatter: each rank gets its part of what the root has.
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

template <class T, class Given, class Got, class Run>
auto scatter_values(const Run& run, Given&& given, Got&& got, int root) {
  return run(task_on_values<T>(collective::scatter, root), std::forward<Given>(given),
             std::forward<Got>(got));
}
template <class T, class Run>
auto scatter_elements(const Run& run, std::span<const T> all, std::span<T> mine, int root) {
  return run(task_on_elements<T>(collective::scatter, root),
             given_elements<T>(all, division::per_rank, mine.size()),
             got_elements<std::span<T>>(mine, division::one));
}
// Only the root knows the length of a block, so that it travels with it.
template <class T, class Run>
auto scatter_counted(const Run& run, std::span<const T> all, int root) {
  return run(task_on_counted<T>(collective::scatter, root),
             given_elements<T>(all, division::per_rank), got_value<std::vector<T>>());
}
template <class T, class Run>
auto scatter_in_place(const Run& run, std::span<T> all, int root) {
  return run(task_on_elements<T>(collective::scatter, root),
             given_elements<T>(all, division::per_rank),
             got_elements<std::span<T>>(all, division::own));
}
// Boost.MPI's short forms are for the ranks that only get.
template <class Run>
void only_gets(const Run& run, int root) {
  if (run.is_rank(root)) [[unlikely]] {
    run.refuse("the root gives the items: scatter(comm, items, mine, root)");
  }
}

}  // namespace detail

// Returns this rank's one of the root's items, of which there is one for each rank of `comm`; what
// the others give as `items` is not looked at. An item may be a vector or a string of any length.
// The type has to be written, since scatter(comm, x, root) without it is Boost.MPI's form below,
// which overwrites x. argument_error at the root and collective_error at the others where there are
// not comm.size() items. Linear in the bytes of all items at the root.
//   int mine = scatter<int>(world, items, 0);
template <class T>
T scatter(const communicator& comm, const std::type_identity_t<std::vector<T>>& items, int root,
          call where = {}) {
  return detail::scatter_values<T>(detail::blocking(comm, "scatter", where),
                                   detail::given_values<const std::vector<T>&>(items),
                                   detail::got_value<T>{}, root);
}
// Into an object; from a vector or from comm.size() values behind a pointer, used at the root only.
// The short form is for the other ranks.
//   if (world.rank() == 0) scatter(world, items, mine, 0); else scatter(world, mine, 0);
template <detail::single T>
void scatter(const communicator& comm, const std::vector<T>& in_values, T& out_value, int root,
             call where = {}) {
  detail::scatter_values<T>(detail::blocking(comm, "scatter", where),
                            detail::given_values<const std::vector<T>&>(in_values),
                            detail::got_value<T&>(out_value), root);
}
template <detail::single T>
void scatter(const communicator& comm, const T* in_values, T& out_value, int root,
             call where = {}) {
  const detail::blocking run(comm, "scatter", where);
  detail::scatter_values<T>(run, detail::given_values<std::span<const T>>(run.blocks(in_values, 1)),
                            detail::got_value<T&>(out_value), root);
}
template <detail::single T>
  requires(!std::is_const_v<T>)
void scatter(const communicator& comm, T& out_value, int root, call where = {}) {
  const detail::blocking run(comm, "scatter", where);
  detail::only_gets(run, root);
  detail::scatter_values<T>(run, detail::nothing_given(), detail::got_value<T&>(out_value), root);
}

// Blocks of elements, of equal length. Returned in a vector, whose length only the root needs to
// know; or into a span of the length of a block. For differing lengths: scatterv.
//   std::vector<double> mine = scatter(world, std::span(field), 0);
template <class T, std::size_t Extent>
std::vector<std::remove_cv_t<T>> scatter(const communicator& comm, std::span<T, Extent> all,
                                         int root, call where = {}) {
  return detail::scatter_counted<std::remove_cv_t<T>>(detail::blocking(comm, "scatter", where), all,
                                                      root);
}
template <class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
void scatter(const communicator& comm, std::span<T, Extent> all, std::span<R, Room> mine, int root,
             call where = {}) {
  detail::scatter_elements<R>(detail::blocking(comm, "scatter", where), all, mine, root);
}
// Blocks of `n` elements.
template <class T>
void scatter(const communicator& comm, const std::vector<T>& in_values, T* out_values, int n,
             int root, call where = {}) {
  const detail::blocking run(comm, "scatter", where);
  detail::scatter_elements<T>(run, in_values, run.elements(out_values, n), root);
}
template <class T>
void scatter(const communicator& comm, const T* in_values, T* out_values, int n, int root,
             call where = {}) {
  const detail::blocking run(comm, "scatter", where);
  detail::scatter_elements<T>(run, run.blocks(in_values, n), run.elements(out_values, n), root);
}
template <class T>
  requires(!std::is_const_v<T>)
void scatter(const communicator& comm, T* out_values, int n, int root, call where = {}) {
  const detail::blocking run(comm, "scatter", where);
  detail::only_gets(run, root);
  detail::scatter_elements<T>(run, {}, run.elements(out_values, n), root);
}
// In place: `all` has a block for each rank; each gets its own, where it belongs.
//   scatter(world, cohort::inplace(field), 0);
template <detail::element_range R>
void scatter(const communicator& comm, inplace_t<R> all, int root, call where = {}) {
  detail::scatter_in_place(detail::blocking(comm, "scatter", where), detail::elements_of(all),
                           root);
}

// Start one. A vector is the runtime's from here on; spans and what is in place must stay until the
// request has ended.
//   auto mine = iscatter<int>(world, items, 0);
//   compute(); use(mine.get());
template <class T>
value_request<T> iscatter(const communicator& comm, std::type_identity_t<std::vector<T>> items,
                          int root, call where = {}) {
  return detail::scatter_values<T>(detail::starting(comm, "iscatter", where),
                                   detail::given_values<std::vector<T>>(std::move(items)),
                                   detail::got_value<T>{}, root);
}
template <class T, std::size_t Extent>
value_request<std::vector<std::remove_cv_t<T>>> iscatter(const communicator& comm,
                                                         std::span<T, Extent> all, int root,
                                                         call where = {}) {
  return detail::scatter_counted<std::remove_cv_t<T>>(detail::starting(comm, "iscatter", where),
                                                      all, root);
}
template <class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
request iscatter(const communicator& comm, std::span<T, Extent> all, std::span<R, Room> mine,
                 int root, call where = {}) {
  return detail::scatter_elements<R>(detail::starting(comm, "iscatter", where), all, mine, root);
}
template <detail::element_range R>
request iscatter(const communicator& comm, inplace_t<R> all, int root, call where = {}) {
  return detail::scatter_in_place(detail::starting(comm, "iscatter", where),
                                  detail::elements_of(all), root);
}

}  // namespace cohort
