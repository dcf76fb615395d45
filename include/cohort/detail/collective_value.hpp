// How values and runs of elements are laid out in the blocks of a collective operation.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/call.hpp>
#include <cohort/detail/outgoing.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace cohort {

template <class T>
struct inplace_t;

namespace detail {

template <class T>
inline constexpr bool is_span = false;
template <class T, std::size_t Extent>
inline constexpr bool is_span<std::span<T, Extent>> = true;
template <class T>
inline constexpr bool is_inplace = false;
template <class T>
inline constexpr bool is_inplace<inplace_t<T>> = true;

// What stands for one value in a collective call. A span is many, an array would be.
template <class T>
concept single = value<T> && !is_span<T> && !is_inplace<T> && !std::is_array_v<T>;

// A block holds one value: the bytes of the object, or of its elements, or its archive. Or it holds
// elements: their bytes, or the archive of a vector of them. So a block of elements and one with a
// vector of them look the same.

// Blocks of one size on all ranks, which all of them know.
template <class T>
inline constexpr bool fixed_size = direct<T>;

template <class T>
inline constexpr element_type operand_type_of = {element_type_of<T>.id, sizeof(T),
                                                 element_type_of<T>.name};

// The type of a block with one T. Unlike in messages, an array counts as one element, so that no
// algorithm splits it.
template <class T>
constexpr const element_type* value_type() {
  if constexpr (direct<T>) {
    return &operand_type_of<T>;
  } else if constexpr (resizable<T>) {
    return &operand_type_of<typename T::value_type>;
  } else {
    return &serialized_type_of<T>;
  }
}

template <class T>
constexpr const element_type* elements_type() {
  if constexpr (direct<T>) {
    return &operand_type_of<T>;
  } else {
    return &serialized_type_of<std::vector<T>>;
  }
}

// For a T that is not direct.
template <class T>
void pack_value(const T& object, byte_buffer& out) {
  if constexpr (resizable<T>) {
    out.append(object.data(), object.size() * sizeof(typename T::value_type));
  } else {
    pack(object, out);
  }
}
template <class T>
void unpack_value(std::span<const std::byte> bytes, T& object) {
  if constexpr (resizable<T>) {
    object.resize(bytes.size() / sizeof(typename T::value_type));
    if (!bytes.empty()) std::memcpy(object.data(), bytes.data(), bytes.size());
  } else {
    unpack(bytes, object);
  }
}

template <class T>
void pack_elements(std::span<const T> elements, byte_buffer& out) {
  packed_oarchive archive(out);
  archive.save_length(elements.size());
  for (const T& one : elements) encode(archive, one);
}

// Blocks that are no plain memory of the user's: their bytes one after another, and their sizes.
struct packed_blocks {
  byte_buffer bytes;
  std::vector<std::uint64_t> sizes;

  // For destination::grow.
  static void* grow(void* owner, std::span<const std::uint64_t> sizes) {
    auto& self = *static_cast<packed_blocks*>(owner);
    self.sizes.assign(sizes.begin(), sizes.end());
    std::uint64_t total = 0;
    for (const std::uint64_t size : sizes) total += size;
    self.bytes.resize(static_cast<std::size_t>(total));
    return self.bytes.data();
  }

  // Calls f(index, bytes) for each.
  template <class F>
  void for_each(F&& f) const {
    std::size_t offset = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      f(i, bytes.bytes().subspan(offset, static_cast<std::size_t>(sizes[i])));
      offset += static_cast<std::size_t>(sizes[i]);
    }
  }
};

}  // namespace detail
}  // namespace cohort
