// In place: what a rank gives lies where its result goes.
#pragma once

#include <cstddef>
#include <ranges>
#include <span>
#include <type_traits>

namespace cohort {

// Boost.MPI's wrapper, made by inplace().
template <class T>
struct inplace_t {
  inplace_t(T& inout) : buffer(inout) {}
  T& buffer;
};
template <class T>
struct inplace_t<T*> {
  inplace_t(T* inout) : buffer(inout) {}
  T* buffer;
};
template <class T, std::size_t Extent>
struct inplace_t<std::span<T, Extent>> {
  inplace_t(std::span<T, Extent> inout) : buffer(inout) {}
  std::span<T, Extent> buffer;
};

// An object, the elements behind a pointer (whose number is the next argument), or the elements of
// a span, to be given and overwritten with the result. Where an operation has a block for each
// rank, they all stand in it one after another, and the caller's own stands at the place of its
// rank, as what it gives (gather, all_gather) or as what it gets (scatter, reduce_scatter).
//   all_reduce(world, cohort::inplace(std::span(field)), std::plus<>());
template <class T>
inplace_t<T> inplace(T& inout) {
  return inplace_t<T>(inout);
}
template <class T>
inplace_t<T*> inplace(T* inout) {
  return inplace_t<T*>(inout);
}
template <class T, std::size_t Extent>
inplace_t<std::span<T, Extent>> inplace(std::span<T, Extent> inout) {
  return inplace_t<std::span<T, Extent>>(inout);
}

namespace detail {

// Something with elements in one piece of memory: a span, a vector, an array.
template <class R>
concept element_range =
    std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
    !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>;

template <element_range R>
auto elements_of(inplace_t<R> inout) {
  return std::span<std::ranges::range_value_t<R>>(inout.buffer);
}

}  // namespace detail
}  // namespace cohort
