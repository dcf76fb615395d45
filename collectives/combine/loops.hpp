// The loops that combine numbers by the operators the library knows. Compiled once for every
// processor of the architecture, and once for each extension worth having: everything here is local
// to the file that includes it, so that no two builds of a function are taken for one another.
#pragma once

#include <cohort/detail/collective_operator.hpp>

#include "collectives/combine/table.hpp"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace cohort::collectives {
namespace {

// Integers wrap round: sums of int that overflow are the user's affair, but no undefined behaviour
// of ours. Narrow ones would be promoted to int, whose products can overflow.
template <class T>
struct wrapping {
  using type = T;
};
template <class T>
  requires std::is_integral_v<T>
struct wrapping<T> {
  using type =
      std::conditional_t<(sizeof(T) < sizeof(unsigned)), unsigned, std::make_unsigned_t<T>>;
};
template <class T>
using wrapping_t = typename wrapping<T>::type;

struct plus {
  template <class T>
  static T apply(T x, T y) {
    return static_cast<T>(static_cast<wrapping_t<T>>(x) + static_cast<wrapping_t<T>>(y));
  }
};
struct multiplies {
  template <class T>
  static T apply(T x, T y) {
    return static_cast<T>(static_cast<wrapping_t<T>>(x) * static_cast<wrapping_t<T>>(y));
  }
};
// As cohort::minimum and maximum, NaN included; both are one instruction each.
struct minimum {
  template <class T>
  static T apply(T x, T y) {
    return y < x ? y : x;
  }
};
struct maximum {
  template <class T>
  static T apply(T x, T y) {
    return x < y ? y : x;
  }
};
struct logical_and {
  template <class T>
  static T apply(T x, T y) {
    return static_cast<T>((x != 0) & (y != 0));
  }
};
struct logical_or {
  template <class T>
  static T apply(T x, T y) {
    return static_cast<T>((x != 0) | (y != 0));
  }
};
struct logical_xor {
  template <class T>
  static T apply(T x, T y) {
    return static_cast<T>((x != 0) != (y != 0));
  }
};
struct bit_and {
  template <class T>
  static T apply(T x, T y) {
    return static_cast<T>(x & y);
  }
};
struct bit_or {
  template <class T>
  static T apply(T x, T y) {
    return static_cast<T>(x | y);
  }
};
struct bit_xor {
  template <class T>
  static T apply(T x, T y) {
    return static_cast<T>(x ^ y);
  }
};

template <class Op, class T>
void combine(const void*, const void* left, const void* right, void* out, std::size_t count) {
  // The caller's element may be another type of the same representation: long long is not int64_t.
  using element [[gnu::may_alias]] = T;
  const auto* x = static_cast<const element*>(left);
  const auto* y = static_cast<const element*>(right);
  auto* result = static_cast<element*>(out);
  // Step i reads and writes only elements i, and `out` is one of the operands or apart from both;
  // so no step depends on another, which the compiler can't see when the addresses are equal.
#if defined(__clang__)
// A build that does not vectorise, for a sanitizer say, is no reason to warn.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"
#pragma clang loop vectorize(assume_safety)
#else
#pragma GCC ivdep
#endif
  for (std::size_t i = 0; i < count; ++i) result[i] = Op::template apply<T>(x[i], y[i]);
#if defined(__clang__)
#pragma clang diagnostic pop
#endif
}

template <class Op, bool OnFloats>
consteval combine_row row() {
  combine_row loops{&combine<Op, std::int8_t>,   &combine<Op, std::int16_t>,
                    &combine<Op, std::int32_t>,  &combine<Op, std::int64_t>,
                    &combine<Op, std::uint8_t>,  &combine<Op, std::uint16_t>,
                    &combine<Op, std::uint32_t>, &combine<Op, std::uint64_t>};
  if constexpr (OnFloats) {
    loops[static_cast<std::size_t>(detail::scalar::float32)] = &combine<Op, float>;
    loops[static_cast<std::size_t>(detail::scalar::float64)] = &combine<Op, double>;
  }
  return loops;
}

// In the order of detail::known_operator.
consteval combine_table all_loops() {
  return {row<plus, true>(),        row<multiplies, true>(),  row<minimum, true>(),
          row<maximum, true>(),     row<logical_and, true>(), row<logical_or, true>(),
          row<logical_xor, true>(), row<bit_and, false>(),    row<bit_or, false>(),
          row<bit_xor, false>()};
}

}  // namespace
}  // namespace cohort::collectives
