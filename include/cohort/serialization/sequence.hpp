// Archive codecs of sequences: strings, vector, deque, list and forward_list. Each is a length and
// its elements.
#pragma once

#include <cohort/serialization/codec.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <forward_list>
#include <iterator>
#include <list>
#include <string>
#include <type_traits>
#include <vector>

namespace cohort::detail {

// How many elements to make room for at once. A length is bounded by the bytes that are left, but
// objects can be much larger than their smallest encoding; so that a short message can't make us
// allocate gigabytes, room is made for 32 times those bytes and grows with what is really read.
template <class T>
std::size_t trusted_length(std::size_t length, std::size_t bytes_left) {
  return std::min(length, 32 * bytes_left / sizeof(T) + 1);
}

template <class Char>
consteval auto string_name() {
  if constexpr (std::is_same_v<Char, char>) {
    return fixed_string("string");
  } else {
    return "string<" + direct_signature<Char>() + ">";
  }
}

template <direct Char, class Traits, class Allocator>
struct codec<std::basic_string<Char, Traits, Allocator>> {
  using string = std::basic_string<Char, Traits, Allocator>;
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return string_name<Char>(); }

  static void encode(packed_oarchive& archive, const string& value) {
    archive.save_length(value.size());
    archive.save_binary(value.data(), value.size() * sizeof(Char));
  }
  static void decode(packed_iarchive& archive, string& value) {
    constexpr const char* name = signature_text<string>.text;
    const std::size_t length = archive.load_length(sizeof(Char), name);
    const std::byte* const bytes = archive.take(length * sizeof(Char), name);
    if constexpr (sizeof(Char) == 1) {
      value.assign(reinterpret_cast<const Char*>(bytes), length);
    } else {  // the bytes may not be aligned for Char
      value.resize(length);
      if (length != 0) std::memcpy(value.data(), bytes, length * sizeof(Char));
    }
  }
};

// Sequences with size() and emplace_back().
template <class Sequence>
struct sequence_codec {
  using element = typename Sequence::value_type;
  static constexpr bool contiguous_bytes =
      std::contiguous_iterator<typename Sequence::iterator> && portable_bytes<element>;
  static constexpr std::size_t minimum_size = 1;

  static void encode(packed_oarchive& archive, const Sequence& value) {
    archive.save_length(value.size());
    if constexpr (contiguous_bytes) {
      archive.save_binary(value.data(), value.size() * sizeof(element));
    } else {
      archive.expect(value.size() * detail::minimum_size<element>());
      for (const element& one : value) detail::encode(archive, one);
    }
  }

  static void decode(packed_iarchive& archive, Sequence& value) {
    check_constructible<element>();
    constexpr const char* name = signature_text<Sequence>.text;
    const std::size_t length = archive.load_length(detail::minimum_size<element>(), name);
    if constexpr (contiguous_bytes) {
      value.resize(length);
      archive.load_binary(value.data(), length * sizeof(element), name);
    } else {
      // Elements that are there are read into: what they have allocated is used again.
      if (value.size() > length) value.resize(length);
      for (element& one : value) detail::decode(archive, one);
      if constexpr (requires { value.reserve(length); }) {
        value.reserve(trusted_length<element>(length, archive.remaining()));
      }
      while (value.size() < length) detail::decode(archive, value.emplace_back());
    }
  }
};

template <class T, class Allocator>
struct codec<std::vector<T, Allocator>> : sequence_codec<std::vector<T, Allocator>> {
  static consteval auto signature() { return "vector<" + detail::signature<T>() + ">"; }
};

template <class T, class Allocator>
struct codec<std::deque<T, Allocator>> : sequence_codec<std::deque<T, Allocator>> {
  static consteval auto signature() { return "deque<" + detail::signature<T>() + ">"; }
};

template <class T, class Allocator>
struct codec<std::list<T, Allocator>> : sequence_codec<std::list<T, Allocator>> {
  static consteval auto signature() { return "list<" + detail::signature<T>() + ">"; }
};

template <class T, class Allocator>
struct codec<std::forward_list<T, Allocator>> {
  using sequence = std::forward_list<T, Allocator>;
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return "forward_list<" + detail::signature<T>() + ">"; }

  static void encode(packed_oarchive& archive, const sequence& value) {
    archive.save_length(static_cast<std::size_t>(std::distance(value.begin(), value.end())));
    for (const T& one : value) detail::encode(archive, one);
  }
  static void decode(packed_iarchive& archive, sequence& value) {
    check_constructible<T>();
    const std::size_t length =
        archive.load_length(detail::minimum_size<T>(), signature_text<sequence>.text);
    value.clear();
    auto last = value.before_begin();
    for (std::size_t i = 0; i < length; ++i) {
      last = value.emplace_after(last);
      detail::decode(archive, *last);
    }
  }
};

}  // namespace cohort::detail
