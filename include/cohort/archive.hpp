// Packed archives: how values that do not travel as their own bytes become bytes and values again.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/datatype.hpp>
#include <cohort/serialization/alternative.hpp>
#include <cohort/serialization/associative.hpp>
#include <cohort/serialization/bits.hpp>
#include <cohort/serialization/object.hpp>
#include <cohort/serialization/packed_iarchive.hpp>
#include <cohort/serialization/packed_oarchive.hpp>
#include <cohort/serialization/product.hpp>
#include <cohort/serialization/sequence.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>

namespace cohort::detail {

// How a value travels, by its type alone: as the bytes of the object, as the bytes of its elements,
// or packed into an archive.
enum class travel { direct, resizable, serialized };

template <class T>
inline constexpr travel travels_as = direct<T>      ? travel::direct
                                     : resizable<T> ? travel::resizable
                                                    : travel::serialized;

// The type of a T that travels packed. Receiving a double where a map was sent is a type error.
template <class T>
inline constexpr element_type serialized_type_of = {
    signature_id(signature_text<std::remove_cv_t<T>>.view()), 1,
    signature_text<std::remove_cv_t<T>>.text};

// Appends `value` to `buffer`.
template <class T>
void pack(const T& value, byte_buffer& buffer) {
  packed_oarchive archive(buffer);
  encode(archive, value);
}

// Reads `value` from all of `bytes`; throws archive_error if they are no T, or if bytes are left
// over. `value` is then valid but unspecified.
template <class T>
void unpack(std::span<const std::byte> bytes, T& value) {
  packed_iarchive archive(bytes);
  decode(archive, value);
  if (archive.remaining() != 0) {
    throw_malformed(std::to_string(archive.remaining()) + " bytes are left over after " +
                    signature_text<std::remove_cv_t<T>>.text);
  }
}

}  // namespace cohort::detail
