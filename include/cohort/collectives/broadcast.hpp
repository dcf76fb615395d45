// broadcast: all ranks get what the root has.
#pragma once

#include <cohort/detail/collective_part.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace cohort {

namespace detail {

// The object or the elements are what is given and where the result goes.
template <class Held, class Run>
auto broadcast_value(const Run& run, Held held, int root) {
  return run(task_on_values<held_type<Held>>(collective::broadcast, root), given_value<Held>(held),
             got_value<Held>(held));
}
template <class T, class Run>
auto broadcast_elements(const Run& run, std::span<T> values, int root) {
  return run(task_on_elements<T>(collective::broadcast, root),
             given_elements<T>(values, division::one),
             got_elements<std::span<T>>(values, division::one));
}

}  // namespace detail

// Sends the root's value to all ranks of `comm`. An object that can be changed is overwritten at
// the others and returned, as Boost.MPI has it; what is given as a temporary or a constant is
// returned. A vector or string gets the root's length, which the others need not know.
//   broadcast(world, settings, 0);
//   const auto lines = broadcast(world, world.rank() == 0 ? read() : lines_t(), 0);
template <detail::single T>
  requires(!std::is_const_v<T>)
T& broadcast(const communicator& comm, T& value, int root, call where = {}) {
  detail::broadcast_value<T&>(detail::blocking(comm, "broadcast", where), value, root);
  return value;
}
template <class T>
  requires(!std::is_lvalue_reference_v<T> && detail::single<std::remove_cv_t<T>>)
std::remove_cv_t<T> broadcast(const communicator& comm, T&& value, int root, call where = {}) {
  std::remove_cv_t<T> result(std::move(value));
  broadcast(comm, result, root, where);
  return result;
}
template <detail::single T>
T broadcast(const communicator& comm, const T& value, int root, call where = {}) {
  T result(value);
  broadcast(comm, result, root, where);
  return result;
}

// The elements of a span, or `n` elements, as many on all ranks; overwritten at the others.
//   broadcast(world, std::span(field), 0);
template <class T, std::size_t Extent>
  requires(!std::is_const_v<T>)
void broadcast(const communicator& comm, std::span<T, Extent> values, int root, call where = {}) {
  detail::broadcast_elements<T>(detail::blocking(comm, "broadcast", where), values, root);
}
template <class T>
void broadcast(const communicator& comm, T* values, int n, int root, call where = {}) {
  const detail::blocking run(comm, "broadcast", where);
  detail::broadcast_elements<T>(run, run.elements(values, n), root);
}

// Starts a broadcast of an object or of elements, which must stay, and not be touched, until the
// request has ended.
//   cohort::request r = ibroadcast(world, settings, 0);
template <detail::single T>
  requires(!std::is_const_v<T>)
request ibroadcast(const communicator& comm, T& value, int root, call where = {}) {
  return detail::broadcast_value<T&>(detail::starting(comm, "ibroadcast", where), value, root);
}
template <class T, std::size_t Extent>
  requires(!std::is_const_v<T>)
request ibroadcast(const communicator& comm, std::span<T, Extent> values, int root,
                   call where = {}) {
  return detail::broadcast_elements<T>(detail::starting(comm, "ibroadcast", where), values, root);
}
// Of a temporary, which the request holds and get() returns.
//   auto lines = ibroadcast(world, std::move(mine), 0);
//   compute(); use(lines.get());
template <class T>
  requires(!std::is_reference_v<T> && !std::is_const_v<T> && detail::single<T>)
value_request<T> ibroadcast(const communicator& comm, T&& value, int root, call where = {}) {
  return detail::broadcast_value<std::shared_ptr<T>>(detail::starting(comm, "ibroadcast", where),
                                                     std::make_shared<T>(std::move(value)), root);
}

}  // namespace cohort
