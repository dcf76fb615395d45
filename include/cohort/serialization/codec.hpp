// The seam between archives and types: how a value of a type is written to and read from bytes.
#pragma once

#include <cohort/datatype.hpp>
#include <cohort/serialization/malformed.hpp>
#include <cohort/serialization/packed_iarchive.hpp>
#include <cohort/serialization/packed_oarchive.hpp>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>

namespace cohort::detail {

// One specialisation per kind of type, each with
//
//   static constexpr std::size_t minimum_size;   // bytes that the smallest value takes; never 0,
//   so
//                                                // that a count of elements is bounded by the
//                                                bytes
//   static consteval auto signature();           // structural text: "map<string, int32>"
//   static void encode(packed_oarchive&, const T&);
//   static void decode(packed_iarchive&, T&);    // throws archive_error; T is then some valid
//   value
//
// The primary template (object.hpp) handles classes with a serialize function, by Boost's rules.
// Types whose bytes can be copied unseen (portable_bytes) need none.
template <class T>
struct codec;

template <class T>
consteval std::size_t minimum_size() {
  if constexpr (portable_bytes<T>) {
    return sizeof(T);
  } else {
    return codec<std::remove_cv_t<T>>::minimum_size;
  }
}

template <class T>
consteval auto signature() {
  if constexpr (direct<T>) {
    return direct_signature<T>();
  } else {
    return codec<std::remove_cv_t<T>>::signature();
  }
}

// The signature kept as a NUL-terminated text, for messages and envelopes.
template <class T>
inline constexpr auto signature_text = signature<std::remove_cv_t<T>>();

template <class T>
void encode(packed_oarchive& archive, const T& value) {
  if constexpr (portable_bytes<T>) {
    archive.save_binary(std::addressof(value), sizeof(T));
  } else {
    codec<std::remove_cv_t<T>>::encode(archive, value);
  }
}

template <class T>
void decode(packed_iarchive& archive, T& value) {
  if constexpr (portable_bytes<T>) {
    archive.load_binary(std::addressof(value), sizeof(T), signature_text<T>.text);
  } else {
    codec<T>::decode(archive, value);
  }
}

// Elements of C that stand in one piece of memory and can be copied as one.
template <class T>
void encode_all(packed_oarchive& archive, const T* elements, std::size_t count) {
  if constexpr (portable_bytes<T>) {
    archive.save_binary(elements, count * sizeof(T));
  } else {
    for (std::size_t i = 0; i < count; ++i) encode(archive, elements[i]);
  }
}

template <class T>
void decode_all(packed_iarchive& archive, T* elements, std::size_t count) {
  if constexpr (portable_bytes<T>) {
    // The count is one that was checked or that a type fixes; the product can't overflow.
    archive.load_binary(elements, count * sizeof(T), signature_text<T>.text);
  } else {
    for (std::size_t i = 0; i < count; ++i) decode(archive, elements[i]);
  }
}

// Reading makes objects before it fills them.
template <class T>
consteval void check_constructible() {
  static_assert(std::default_initializable<T>,
                "cohort: T can't be received: it has no default constructor, which reading an "
                "object of it needs; add a public one");
}

}  // namespace cohort::detail
