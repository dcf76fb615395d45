// Operators of reductions: those that <functional> lacks, and what the library knows about
// operators.
#pragma once

#include <cohort/datatype.hpp>

#include <complex>
#include <concepts>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

namespace cohort {

namespace detail {
template <class T>
concept ordered = requires(const T& x) {
  { x < x } -> std::convertible_to<bool>;
};
}  // namespace detail

// Any callable that takes two T and returns one is an operator, whatever it captures:
//   auto longest = all_reduce(world, name, [](const auto& a, const auto& b) {
//     return a.size() < b.size() ? b : a; });
// It must be associative. It is called with contributions of lower ranks on the left; where it is
// known to be commutative (is_commutative), algorithms may exchange the operands. Known to the
// library, and fast for arithmetic types: std::plus, std::multiplies, minimum, maximum,
// std::logical_and, std::logical_or, logical_xor, std::bit_and, std::bit_or, std::bit_xor.

// The smaller, and the larger, of two values by `<`; the first if neither is.
//   double coldest = all_reduce(world, temperature, cohort::minimum<>());
template <class T = void>
struct minimum {
  using first_argument_type = T;
  using second_argument_type = T;
  using result_type = T;
  constexpr const T& operator()(const T& x, const T& y) const { return y < x ? y : x; }
};
template <>
struct minimum<void> {
  template <detail::ordered T>
  constexpr const T& operator()(const T& x, const T& y) const {
    return minimum<T>()(x, y);
  }
};

template <class T = void>
struct maximum {
  using first_argument_type = T;
  using second_argument_type = T;
  using result_type = T;
  constexpr const T& operator()(const T& x, const T& y) const { return x < y ? y : x; }
};
template <>
struct maximum<void> {
  template <detail::ordered T>
  constexpr const T& operator()(const T& x, const T& y) const {
    return maximum<T>()(x, y);
  }
};

// One of the two is true, but not both.
//   bool odd = all_reduce(world, flag, cohort::logical_xor<>());
template <class T = void>
struct logical_xor {
  using first_argument_type = T;
  using second_argument_type = T;
  using result_type = T;
  constexpr T operator()(const T& x, const T& y) const {
    return static_cast<T>(static_cast<bool>(x) != static_cast<bool>(y));
  }
};
template <>
struct logical_xor<void> {
  template <class T>
    requires std::constructible_from<bool, const T&>
  constexpr T operator()(const T& x, const T& y) const {
    return logical_xor<T>()(x, y);
  }
};

// Boost.MPI's names.
template <class T = void>
using bitwise_and = std::bit_and<T>;
template <class T = void>
using bitwise_or = std::bit_or<T>;
template <class T = void>
using bitwise_xor = std::bit_xor<T>;

// The pair with the smaller, and the larger, first; of equal ones that with the smaller second.
// With the rank as second, they tell where an extreme value is.
//   auto [error, rank] = all_reduce(world, std::pair(error, world.rank()), cohort::maxloc());
struct minloc {
  template <class Value, class Index>
  constexpr std::pair<Value, Index> operator()(const std::pair<Value, Index>& x,
                                               const std::pair<Value, Index>& y) const {
    if (x.first < y.first) return x;
    if (y.first < x.first) return y;
    return y.second < x.second ? y : x;
  }
};
struct maxloc {
  template <class Value, class Index>
  constexpr std::pair<Value, Index> operator()(const std::pair<Value, Index>& x,
                                               const std::pair<Value, Index>& y) const {
    if (y.first < x.first) return x;
    if (x.first < y.first) return y;
    return y.second < x.second ? y : x;
  }
};

// An operator that its user knows to be commutative.
//   all_reduce(world, m, cohort::commutative([](const basket& a, const basket& b) { … }));
template <class Op>
struct commutative {
  Op op;

  explicit commutative(Op callable) : op(std::move(callable)) {}
  template <class T>
    requires std::invocable<const Op&, const T&, const T&>
  constexpr decltype(auto) operator()(const T& x, const T& y) const {
    return std::invoke(op, x, y);
  }
};

namespace detail {

// The operators that the library knows, in the order of their loops in
// collectives/combine.
enum class known_operator : std::uint8_t {
  plus,
  multiplies,
  minimum,
  maximum,
  logical_and,
  logical_or,
  logical_xor,
  bit_and,
  bit_or,
  bit_xor,
  unknown,
};

inline constexpr const char* known_operator_names[] = {
    "plus",       "multiplies",  "minimum", "maximum", "logical_and",
    "logical_or", "logical_xor", "bit_and", "bit_or",  "bit_xor"};

// Which of them Op is, on operands of type T; its form without arguments tells whether T has it.
template <class Op, class T>
struct recognised {
  static constexpr known_operator kind = known_operator::unknown;
  using generic = Op;
};
#define COHORT_RECOGNISE(which, operator_template)                \
  template <class T>                                              \
  struct recognised<operator_template<T>, T> {                    \
    static constexpr known_operator kind = known_operator::which; \
    using generic = operator_template<void>;                      \
  };                                                              \
  template <class T>                                              \
  struct recognised<operator_template<void>, T> {                 \
    static constexpr known_operator kind = known_operator::which; \
    using generic = operator_template<void>;                      \
  };
COHORT_RECOGNISE(plus, std::plus)
COHORT_RECOGNISE(multiplies, std::multiplies)
COHORT_RECOGNISE(minimum, minimum)
COHORT_RECOGNISE(maximum, maximum)
COHORT_RECOGNISE(logical_and, std::logical_and)
COHORT_RECOGNISE(logical_or, std::logical_or)
COHORT_RECOGNISE(logical_xor, logical_xor)
COHORT_RECOGNISE(bit_and, std::bit_and)
COHORT_RECOGNISE(bit_or, std::bit_or)
COHORT_RECOGNISE(bit_xor, std::bit_xor)
#undef COHORT_RECOGNISE

template <class Op, class T>
inline constexpr known_operator recognised_as = recognised<Op, T>::kind;

template <class T>
inline constexpr bool is_complex = false;
template <class T>
inline constexpr bool is_complex<std::complex<T>> = true;

// A number, on which the known operators commute; std::plus of strings does not.
template <class T>
concept number = std::is_arithmetic_v<T> || is_complex<T>;

}  // namespace detail

// Whether op(x, y) == op(y, x) for all x, y of type T: Boost.MPI's trait, to be specialised
// likewise. True for the operators that the library knows on numbers, minloc and maxloc, and
// commutative(op).
//   template <> struct cohort::is_commutative<join, basket> : std::true_type {};
template <class Op, class T>
struct is_commutative
    : std::bool_constant<detail::number<T> &&
                         detail::recognised_as<Op, T> != detail::known_operator::unknown> {};
template <class Op, class T>
struct is_commutative<commutative<Op>, T> : std::true_type {};
template <class T>
struct is_commutative<minloc, T> : std::true_type {};
template <class T>
struct is_commutative<maxloc, T> : std::true_type {};

}  // namespace cohort
