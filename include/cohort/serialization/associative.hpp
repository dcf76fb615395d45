// Archive codecs of sets and maps, ordered and unordered: a length and the elements in the order of
// iteration.
#pragma once

#include <cohort/serialization/sequence.hpp>

#include <cstddef>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace cohort::detail {

// What sets and maps share. `Codec` says how an element is written and inserted.
template <class Codec, class Container, std::size_t ElementSize>
struct associative_codec {
  static constexpr std::size_t minimum_size = 1;

  static void encode(packed_oarchive& archive, const Container& value) {
    archive.save_length(value.size());
    archive.expect(value.size() * ElementSize);
    for (const auto& element : value) Codec::encode_element(archive, element);
  }

  // Elements come in order, so that the end is the right place to insert in constant time; where
  // they do not, the container sorts them in. A repeated key is found by the size at the end.
  static void decode(packed_iarchive& archive, Container& value) {
    check_constructible<typename Container::key_type>();
    constexpr const char* name = signature_text<Container>.text;
    const std::size_t length = archive.load_length(ElementSize, name);
    value.clear();
    if constexpr (requires { value.reserve(length); }) {
      using element = typename Container::value_type;
      value.reserve(trusted_length<element>(length, archive.remaining()));
    }
    for (std::size_t i = 0; i < length; ++i) Codec::decode_element(archive, value);
    if (value.size() != length) throw_malformed(std::string(name) + " has a key twice");
  }
};

template <class Set>
struct set_codec
    : associative_codec<set_codec<Set>, Set, detail::minimum_size<typename Set::key_type>()> {
  using key_type = typename Set::key_type;

  static void encode_element(packed_oarchive& archive, const key_type& key) {
    detail::encode(archive, key);
  }
  static void decode_element(packed_iarchive& archive, Set& value) {
    auto key = key_type();
    detail::decode(archive, key);
    value.emplace_hint(value.end(), std::move(key));
  }
};

template <class Map>
struct map_codec : associative_codec<map_codec<Map>, Map,
                                     detail::minimum_size<typename Map::key_type>() +
                                         detail::minimum_size<typename Map::mapped_type>()> {
  using key_type = typename Map::key_type;

  static void encode_element(packed_oarchive& archive, const typename Map::value_type& element) {
    detail::encode(archive, element.first);
    detail::encode(archive, element.second);
  }
  static void decode_element(packed_iarchive& archive, Map& value) {
    check_constructible<typename Map::mapped_type>();
    auto key = key_type();
    detail::decode(archive, key);
    const auto place =
        value.emplace_hint(value.end(), std::piecewise_construct,
                           std::forward_as_tuple(std::move(key)), std::forward_as_tuple());
    detail::decode(archive, place->second);
  }
};

template <class Key, class... Policies>
struct codec<std::set<Key, Policies...>> : set_codec<std::set<Key, Policies...>> {
  static consteval auto signature() { return "set<" + detail::signature<Key>() + ">"; }
};

template <class Key, class... Policies>
struct codec<std::multiset<Key, Policies...>> : set_codec<std::multiset<Key, Policies...>> {
  static consteval auto signature() { return "multiset<" + detail::signature<Key>() + ">"; }
};

template <class Key, class... Policies>
struct codec<std::unordered_set<Key, Policies...>>
    : set_codec<std::unordered_set<Key, Policies...>> {
  static consteval auto signature() { return "unordered_set<" + detail::signature<Key>() + ">"; }
};

template <class Key, class... Policies>
struct codec<std::unordered_multiset<Key, Policies...>>
    : set_codec<std::unordered_multiset<Key, Policies...>> {
  static consteval auto signature() {
    return "unordered_multiset<" + detail::signature<Key>() + ">";
  }
};

// "string, int32"
template <class Key, class Mapped>
consteval auto key_and_mapped() {
  return comma_separated(detail::signature<Key>(), detail::signature<Mapped>());
}

template <class Key, class Mapped, class... Policies>
struct codec<std::map<Key, Mapped, Policies...>> : map_codec<std::map<Key, Mapped, Policies...>> {
  static consteval auto signature() { return "map<" + key_and_mapped<Key, Mapped>() + ">"; }
};

template <class Key, class Mapped, class... Policies>
struct codec<std::multimap<Key, Mapped, Policies...>>
    : map_codec<std::multimap<Key, Mapped, Policies...>> {
  static consteval auto signature() { return "multimap<" + key_and_mapped<Key, Mapped>() + ">"; }
};

template <class Key, class Mapped, class... Policies>
struct codec<std::unordered_map<Key, Mapped, Policies...>>
    : map_codec<std::unordered_map<Key, Mapped, Policies...>> {
  static consteval auto signature() {
    return "unordered_map<" + key_and_mapped<Key, Mapped>() + ">";
  }
};

template <class Key, class Mapped, class... Policies>
struct codec<std::unordered_multimap<Key, Mapped, Policies...>>
    : map_codec<std::unordered_multimap<Key, Mapped, Policies...>> {
  static consteval auto signature() {
    return "unordered_multimap<" + key_and_mapped<Key, Mapped>() + ">";
  }
};

}  // namespace cohort::detail
