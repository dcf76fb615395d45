// Archive codecs of types with a fixed number of parts: bool, pair, tuple and arrays.
#pragma once

#include <cohort/serialization/codec.hpp>

#include <array>
#include <concepts>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cohort::detail {

// A type without parts still takes a byte: see minimum_size.
inline void encode_nothing(packed_oarchive& archive) {
  const std::byte zero{};
  archive.save_binary(&zero, 1);
}

inline void decode_nothing(packed_iarchive& archive, const char* what) {
  if (*archive.take(1, what) != std::byte{}) {
    throw_malformed(std::string(what) + " has no value, but its byte is not 0");
  }
}

inline bool decode_bool(packed_iarchive& archive, const char* what) {
  const auto byte = static_cast<unsigned>(*archive.take(1, what));
  if (byte > 1) {
    throw_malformed(std::string(what) + " is stored as " + std::to_string(byte) +
                    ", which is neither 0 nor 1");
  }
  return byte == 1;
}

template <class T>
struct is_boolean : std::is_same<T, bool> {};
template <class T>
  requires std::is_enum_v<T>
struct is_boolean<T> : std::is_same<std::underlying_type_t<T>, bool> {};

// bool, and enumerations over it: a byte that is neither 0 nor 1 would be undefined behaviour in
// the first expression that reads the object.
template <class T>
  requires is_boolean<T>::value
struct codec<T> {
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return fixed_string("bool"); }

  static void encode(packed_oarchive& archive, T value) {
    const auto byte = static_cast<std::byte>(value);
    archive.save_binary(&byte, 1);
  }
  static void decode(packed_iarchive& archive, T& value) {
    value = static_cast<T>(decode_bool(archive, "bool"));
  }
};

template <class First, class Second>
struct codec<std::pair<First, Second>> {
  static constexpr std::size_t minimum_size =
      detail::minimum_size<First>() + detail::minimum_size<Second>();
  static consteval auto signature() {
    return "pair<" + comma_separated(detail::signature<First>(), detail::signature<Second>()) + ">";
  }

  static void encode(packed_oarchive& archive, const std::pair<First, Second>& value) {
    detail::encode(archive, value.first);
    detail::encode(archive, value.second);
  }
  static void decode(packed_iarchive& archive, std::pair<First, Second>& value) {
    detail::decode(archive, value.first);
    detail::decode(archive, value.second);
  }
};

template <class... T>
struct codec<std::tuple<T...>> {
  static constexpr std::size_t minimum_size = (detail::minimum_size<T>() + ...);
  static consteval auto signature() {
    return "tuple<" + comma_separated(detail::signature<T>()...) + ">";
  }

  static void encode(packed_oarchive& archive, const std::tuple<T...>& value) {
    std::apply([&](const T&... part) { (detail::encode(archive, part), ...); }, value);
  }
  static void decode(packed_iarchive& archive, std::tuple<T...>& value) {
    std::apply([&](T&... part) { (detail::decode(archive, part), ...); }, value);
  }
};

template <>
struct codec<std::tuple<>> {
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return fixed_string("tuple<>"); }
  static void encode(packed_oarchive& archive, const std::tuple<>&) { encode_nothing(archive); }
  static void decode(packed_iarchive& archive, std::tuple<>&) {
    decode_nothing(archive, "tuple<>");
  }
};

template <class T, std::size_t N>
struct codec<T[N]> {
  static constexpr std::size_t minimum_size = N * detail::minimum_size<T>();
  static consteval auto signature() { return detail::signature<T>() + "[" + decimal<N>() + "]"; }

  static void encode(packed_oarchive& archive, const T (&value)[N]) {
    encode_all(archive, value, N);
  }
  static void decode(packed_iarchive& archive, T (&value)[N]) { decode_all(archive, value, N); }
};

template <class T, std::size_t N>
struct codec<std::array<T, N>> : codec<T[N]> {
  static void encode(packed_oarchive& archive, const std::array<T, N>& value) {
    encode_all(archive, value.data(), N);
  }
  static void decode(packed_iarchive& archive, std::array<T, N>& value) {
    decode_all(archive, value.data(), N);
  }
};

template <class T>
struct codec<std::array<T, 0>> {
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return detail::signature<T>() + "[0]"; }
  static void encode(packed_oarchive& archive, const std::array<T, 0>&) { encode_nothing(archive); }
  static void decode(packed_iarchive& archive, std::array<T, 0>&) {
    decode_nothing(archive, signature_text<std::array<T, 0>>.text);
  }
};

}  // namespace cohort::detail
