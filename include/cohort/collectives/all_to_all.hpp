// all_to_all: each rank gets what each rank has for it.
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
auto all_to_all_values(const Run& run, Held&& values, Got&& got) {
  using type = std::remove_cv_t<typename std::remove_cvref_t<Held>::value_type>;
  return run(task_on_values<type>(collective::all_to_all),
             given_values<Held>(std::forward<Held>(values)), std::forward<Got>(got));
}
template <class T, class Got, class Run>
auto all_to_all_elements(const Run& run, std::span<const T> out, std::size_t each, Got&& got) {
  return run(task_on_elements<T>(collective::all_to_all),
             given_elements<T>(out, division::per_rank, each), std::forward<Got>(got));
}
// The length of the result is that of what is given.
template <class T, class Room, class Run, class... Where>
auto all_to_all_equal(const Run& run, std::span<const T> out, Where&&... room) {
  return all_to_all_elements<T>(run, out, any_number,
                                got_elements<Room>(std::forward<Where>(room)..., division::per_rank,
                                                   run.block_of(out.size())));
}

}  // namespace detail

// Returns what all ranks of `comm` have for this one, by rank. `values` has an item for each rank;
// items may be vectors or strings of any length. argument_error on this rank, collective_error on
// the others, where it has not comm.size() items. Linear in the bytes of all items.
//   std::vector<message_list> in = all_to_all(world, out);
template <class T>
std::vector<T> all_to_all(const communicator& comm, const std::vector<T>& in_values,
                          call where = {}) {
  return detail::all_to_all_values<const std::vector<T>&>(
      detail::blocking(comm, "all_to_all", where), in_values, detail::got_values<std::vector<T>>());
}
// Into a vector; or from comm.size() values behind one pointer to as many behind another.
//   all_to_all(world, out, in);
template <class T>
void all_to_all(const communicator& comm, const std::vector<T>& in_values,
                std::vector<T>& out_values, call where = {}) {
  detail::all_to_all_values<const std::vector<T>&>(detail::blocking(comm, "all_to_all", where),
                                                   in_values,
                                                   detail::got_values<std::vector<T>&>(out_values));
}
template <class T>
void all_to_all(const communicator& comm, const T* in_values, T* out_values, call where = {}) {
  const detail::blocking run(comm, "all_to_all", where);
  detail::all_to_all_values<std::span<const T>>(
      run, run.blocks(in_values, 1), detail::got_values<std::span<T>>(run.blocks(out_values, 1)));
}

// Blocks of elements, of equal length, one for each rank in `in_values` and one from each in the
// result. For differing lengths: all_to_allv, or vectors as items.
//   std::vector<double> columns = all_to_all(world, std::span(rows));
template <class T, std::size_t Extent>
std::vector<std::remove_cv_t<T>> all_to_all(const communicator& comm,
                                            std::span<T, Extent> in_values, call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::all_to_all_equal<element, std::vector<element>>(
      detail::blocking(comm, "all_to_all", where), in_values);
}
template <class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
void all_to_all(const communicator& comm, std::span<T, Extent> in_values,
                std::span<R, Room> out_values, call where = {}) {
  detail::all_to_all_equal<R, std::span<R>>(detail::blocking(comm, "all_to_all", where), in_values,
                                            std::span<R>(out_values));
}
// Blocks of `n` elements.
template <class T>
void all_to_all(const communicator& comm, const std::vector<T>& in_values, int n,
                std::vector<T>& out_values, call where = {}) {
  const detail::blocking run(comm, "all_to_all", where);
  const std::size_t each = run.elements(in_values.data(), n).size();
  detail::all_to_all_elements<T>(
      run, in_values, each,
      detail::got_elements<std::vector<T>&>(out_values, detail::division::per_rank, each));
}
template <class T>
void all_to_all(const communicator& comm, const T* in_values, int n, T* out_values,
                call where = {}) {
  const detail::blocking run(comm, "all_to_all", where);
  detail::all_to_all_equal<T, std::span<T>>(run, run.blocks(in_values, n),
                                            run.blocks(out_values, n));
}
// In place: `all` has a block for each rank, which becomes the block from that rank.
//   all_to_all(world, cohort::inplace(rows));
template <detail::element_range R>
void all_to_all(const communicator& comm, inplace_t<R> all, call where = {}) {
  const auto blocks = detail::elements_of(all);
  using element = typename decltype(blocks)::value_type;
  detail::all_to_all_equal<element, std::span<element>>(detail::blocking(comm, "all_to_all", where),
                                                        blocks, blocks);
}

// Start one. A vector is the runtime's from here on; spans and what is in place must stay until the
// request has ended.
//   auto in = iall_to_all(world, std::move(out));
//   compute(); use(in.get());
template <class T>
value_request<std::vector<T>> iall_to_all(const communicator& comm, std::vector<T> in_values,
                                          call where = {}) {
  return detail::all_to_all_values<std::vector<T>>(detail::starting(comm, "iall_to_all", where),
                                                   std::move(in_values),
                                                   detail::got_values<std::vector<T>>());
}
template <class T, std::size_t Extent>
value_request<std::vector<std::remove_cv_t<T>>> iall_to_all(const communicator& comm,
                                                            std::span<T, Extent> in_values,
                                                            call where = {}) {
  using element = std::remove_cv_t<T>;
  return detail::all_to_all_equal<element, std::vector<element>>(
      detail::starting(comm, "iall_to_all", where), in_values);
}
template <class T, std::size_t Extent, class R, std::size_t Room>
  requires detail::same_elements<T, R>
request iall_to_all(const communicator& comm, std::span<T, Extent> in_values,
                    std::span<R, Room> out_values, call where = {}) {
  return detail::all_to_all_equal<R, std::span<R>>(detail::starting(comm, "iall_to_all", where),
                                                   in_values, std::span<R>(out_values));
}
template <detail::element_range R>
request iall_to_all(const communicator& comm, inplace_t<R> all, call where = {}) {
  const auto blocks = detail::elements_of(all);
  using element = typename decltype(blocks)::value_type;
  return detail::all_to_all_equal<element, std::span<element>>(
      detail::starting(comm, "iall_to_all", where), blocks, blocks);
}

}  // namespace cohort
