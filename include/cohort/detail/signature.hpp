// Text put together at compile time, and its hash: type signatures are made of it.
#pragma once

#include <cohort/detail/element_type.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cohort::detail {

// A string of N characters that a constant expression can build; always followed by a NUL.
template <std::size_t N>
struct fixed_string {
  char text[N + 1]{};

  constexpr fixed_string() = default;
  constexpr fixed_string(const char (&source)[N + 1]) {
    for (std::size_t i = 0; i < N; ++i) text[i] = source[i];
  }
  constexpr std::string_view view() const { return {text, N}; }
};

template <std::size_t N>
fixed_string(const char (&)[N]) -> fixed_string<N - 1>;

template <std::size_t N, std::size_t M>
constexpr fixed_string<N + M> operator+(const fixed_string<N>& left, const fixed_string<M>& right) {
  fixed_string<N + M> sum;
  for (std::size_t i = 0; i < N; ++i) sum.text[i] = left.text[i];
  for (std::size_t i = 0; i < M; ++i) sum.text[N + i] = right.text[i];
  return sum;
}

template <std::size_t N, std::size_t M>
constexpr fixed_string<N + M - 1> operator+(const fixed_string<N>& left, const char (&right)[M]) {
  return left + fixed_string(right);
}

template <std::size_t N, std::size_t M>
constexpr fixed_string<N + M - 1> operator+(const char (&left)[N], const fixed_string<M>& right) {
  return fixed_string(left) + right;
}

// A number in decimal.
template <std::uint64_t Number>
consteval auto decimal() {
  constexpr std::size_t digits = [] {
    std::size_t count = 1;
    for (std::uint64_t rest = Number; rest >= 10; rest /= 10) ++count;
    return count;
  }();
  fixed_string<digits> result;
  std::uint64_t rest = Number;
  for (std::size_t i = digits; i-- > 0; rest /= 10) {
    result.text[i] = static_cast<char>('0' + rest % 10);
  }
  return result;
}

// "a, b, c"
consteval fixed_string<0> comma_separated() {
  return {};
}
template <std::size_t N, class... Rest>
consteval auto comma_separated(const fixed_string<N>& first, const Rest&... rest) {
  return (first + ... + (", " + rest));
}

// FNV-1a, 32 bits (Fowler, Noll, Vo; RFC 9923).
constexpr std::uint32_t fnv1a(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

// The id of a signature: its hash, moved out of the way of 0 (no type) and the special ids.
constexpr std::uint32_t signature_id(std::string_view signature) {
  const std::uint32_t hash = fnv1a(signature);
  return hash <= packed_archive_id ? hash + packed_archive_id + 1 : hash;
}

}  // namespace cohort::detail
