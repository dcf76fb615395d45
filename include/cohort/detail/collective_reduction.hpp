// The forms that reduce, all_reduce, scan and exscan share: one block in, one block out.
#pragma once

#include <cohort/collectives/inplace.hpp>
#include <cohort/detail/collective_part.hpp>

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::detail {

// `value` by reference or owned.
template <class Held, class Got, class Op, class Run>
auto combine_value(const Run& run, collective what, Held&& value, Got&& got, Op op, int root = 0) {
  using type = held_type<Held>;
  return run(task_on_values<type>(what, root), given_value<Held>(std::forward<Held>(value)),
             std::forward<Got>(got), operator_holder<type, Op, operands::value>(std::move(op)));
}
// The object becomes the result.
template <class T, class Op, class Run>
auto combine_value_in_place(const Run& run, collective what, T& value, Op op, int root = 0) {
  return combine_value<T&>(run, what, value, got_value<T&>(value), std::move(op), root);
}

// Element by element. `Room`: a vector or a span.
template <class T, class Room, class Op, class Run, class... Where>
auto combine_spans(const Run& run, collective what, std::span<const T> values, Op op, int root,
                   Where&&... room) {
  return run(task_on_elements<T>(what, root), given_elements<T>(values, division::one),
             got_elements<Room>(std::forward<Where>(room)..., division::one, values.size()),
             operator_holder<T, Op, operands::elements>(std::move(op)));
}

// What an operator may be: not the place or the deadline of a call, not a number.
template <class Op>
concept callable = !std::convertible_to<Op, call> && !std::is_arithmetic_v<Op>;

}  // namespace cohort::detail
