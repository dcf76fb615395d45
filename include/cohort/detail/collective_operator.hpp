// From an operator on values to what the compiled core combines blocks of bytes with.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/detail/collective.hpp>
#include <cohort/detail/collective_value.hpp>
#include <cohort/detail/signature.hpp>
#include <cohort/error.hpp>
#include <cohort/operators.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <ranges>
#include <span>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace cohort::detail {

// The arithmetic types that the compiled loops know; others are combined by loops in the user's
// program.
enum class scalar : std::uint8_t {
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float32,
  float64,
  other,
};

template <class T>
consteval scalar scalar_of() {
  if constexpr (std::same_as<T, float>) {
    return scalar::float32;
  } else if constexpr (std::same_as<T, double>) {
    return scalar::float64;
  } else if constexpr (std::is_integral_v<T> && !std::same_as<T, bool> && sizeof(T) <= 8) {
    constexpr scalar by_width = sizeof(T) == 1   ? scalar::int8
                                : sizeof(T) == 2 ? scalar::int16
                                : sizeof(T) == 4 ? scalar::int32
                                                 : scalar::int64;
    constexpr auto first = std::is_signed_v<T> ? scalar::int8 : scalar::uint8;
    return static_cast<scalar>(static_cast<int>(by_width) + static_cast<int>(first));
  } else {
    return scalar::other;
  }
}

using combine_function = decltype(reduction::combine);

}  // namespace cohort::detail

namespace cohort::runtime {

// The loop for a known operator on one of the scalars, in the widest instructions of this
// processor.
detail::combine_function combine_loop(detail::known_operator op, detail::scalar type) noexcept;

}  // namespace cohort::runtime

namespace cohort::detail {

// How the compiler spells T, for people to read.
template <class T>
consteval auto spelling_of() {
  return fixed_string(__PRETTY_FUNCTION__);
}
template <class T>
consteval auto type_spelling() {
  constexpr auto whole = spelling_of<T>();
  constexpr std::size_t begin = whole.view().find("T = ") + 4;
  constexpr std::size_t end = whole.view().rfind(']');
  fixed_string<end - begin> spelling;
  for (std::size_t i = begin; i < end; ++i) spelling.text[i - begin] = whole.text[i];
  return spelling;
}
template <class T>
inline constexpr auto type_spelling_of = type_spelling<T>();

template <class Op, class T>
constexpr const char* operator_name() {
  if constexpr (recognised_as<Op, T> != known_operator::unknown) {
    return known_operator_names[static_cast<std::size_t>(recognised_as<Op, T>)];
  } else {
    return type_spelling_of<Op>.text;
  }
}

// Known operators go by name, so that std::plus<> and std::plus<int> are one. Others go by the
// mangled name of their type, which the C++ ABI defines: the same for every compiler, and different
// for two lambdas of one function. Element types may not be named so, since programs of one job may
// call a type differently; an operator is code, which its ranks share.
template <class Op, class T>
std::uint32_t operator_id() {
  if constexpr (recognised_as<Op, T> != known_operator::unknown) {
    return std::integral_constant<std::uint32_t, fnv1a(operator_name<Op, T>())>::value;
  } else {
    static const std::uint32_t id = fnv1a(typeid(Op).name());
    return id;
  }
}

template <class T>
inline constexpr bool is_string = false;
template <class Char, class Traits, class Allocator>
inline constexpr bool is_string<std::basic_string<Char, Traits, Allocator>> = true;

template <class T, class Op>
consteval void check_operator() {
  // std::plus<T> claims to take any T; std::plus<> knows better.
  constexpr bool applies =
      std::is_invocable_r_v<T, typename recognised<Op, T>::generic&, const T&, const T&>;
  constexpr bool known = recognised_as<Op, T> != known_operator::unknown;
  constexpr bool container = std::ranges::range<T> && !is_string<T>;
  static_assert(!container || (applies && !known),
                "cohort: a container is one value, and this operator does not combine two of them. "
                "To combine element by element, write all_reduce(comm, std::span(values), op), and "
                "likewise for the other reductions; to combine whole containers, give an operator "
                "that takes two of them and returns one");
  static_assert(container || applies,
                "cohort: the operator does not apply: it has to take two T and return a T");
}

template <class T, class Op>
T apply(Op& op, const T& left, const T& right) {
  return static_cast<T>(std::invoke(op, left, right));
}

// reduction::combine for operators and types that have no compiled loop.
template <class T, class Op>
void combine_elements(const void* context, const void* left, const void* right, void* out,
                      std::size_t count) {
  Op& op = *static_cast<Op*>(const_cast<void*>(context));
  const auto* a = static_cast<const T*>(left);
  const auto* b = static_cast<const T*>(right);
  auto* result = static_cast<T*>(out);
  if constexpr (alignof(T) <= alignof(std::max_align_t)) {
    // Each step reads only the elements that it writes, so `out` may be one of the operands.
    for (std::size_t i = 0; i < count; ++i) result[i] = apply<T>(op, a[i], b[i]);
  } else {  // the places are not aligned for T
    for (std::size_t i = 0; i < count; ++i) {
      alignas(T) std::byte copies[2][sizeof(T)];
      std::memcpy(copies[0], a + i, sizeof(T));
      std::memcpy(copies[1], b + i, sizeof(T));
      const T combined = apply<T>(op, *std::launder(reinterpret_cast<T*>(copies[0])),
                                  *std::launder(reinterpret_cast<T*>(copies[1])));
      std::memcpy(static_cast<void*>(result + i), std::addressof(combined), sizeof(T));
    }
  }
}

// reduction::combine_packed for one value that is not direct.
template <class T, class Op>
void combine_packed_value(const void* context, std::span<const std::byte> left,
                          std::span<const std::byte> right, byte_buffer& out) {
  Op& op = *static_cast<Op*>(const_cast<void*>(context));
  T a{};
  T b{};
  unpack_value(left, a);
  unpack_value(right, b);
  pack_value(apply<T>(op, a, b), out);
}

// The same for elements that are not direct.
template <class T, class Op>
void combine_packed_elements(const void* context, std::span<const std::byte> left,
                             std::span<const std::byte> right, byte_buffer& out) {
  Op& op = *static_cast<Op*>(const_cast<void*>(context));
  std::vector<T> a;
  std::vector<T> b;
  unpack(left, a);
  unpack(right, b);
  if (a.size() != b.size()) {
    throw argument_error("the ranks give different numbers of elements to be combined: " +
                             std::to_string(a.size()) + " and " + std::to_string(b.size()),
                         {.operation = "reduction"});
  }
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = apply<T>(op, a[i], b[i]);
  pack(a, out);
}

enum class operands { value, elements };

// Holds an operator and describes it; describe() refers to the holder, which must stay where it is.
template <class T, class Op, operands What>
class operator_holder {
 public:
  explicit operator_holder(Op op) : op_(std::move(op)) { check_operator<T, Op>(); }

  const reduction* describe() {
    facts_.op = std::addressof(op_);
    facts_.id = operator_id<Op, T>();
    facts_.name = operator_name<Op, T>();
    facts_.commutative = bool(is_commutative<Op, T>::value);
    if constexpr (direct<T>) {
      constexpr scalar type = scalar_of<T>();
      if constexpr (recognised_as<Op, T> != known_operator::unknown && type != scalar::other) {
        facts_.combine = runtime::combine_loop(recognised_as<Op, T>, type);
      } else {
        facts_.combine = &combine_elements<T, Op>;
      }
    } else if constexpr (What == operands::value) {
      facts_.combine_packed = &combine_packed_value<T, Op>;
    } else {
      facts_.combine_packed = &combine_packed_elements<T, Op>;
    }
    return &facts_;
  }

 private:
  [[no_unique_address]] Op op_;
  reduction facts_;
};

}  // namespace cohort::detail
