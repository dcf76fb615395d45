// Archive codecs of values that may be absent or of several types: optional, variant, unique_ptr.
#pragma once

#include <cohort/serialization/pointee.hpp>
#include <cohort/serialization/product.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace cohort::detail {

template <class T>
struct codec<std::optional<T>> {
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return "optional<" + detail::signature<T>() + ">"; }

  static void encode(packed_oarchive& archive, const std::optional<T>& value) {
    detail::encode(archive, value.has_value());
    if (value) detail::encode(archive, *value);
  }
  static void decode(packed_iarchive& archive, std::optional<T>& value) {
    check_constructible<T>();
    value.reset();
    if (decode_bool(archive, signature_text<std::optional<T>>.text)) {
      detail::decode(archive, value.emplace());
    }
  }
};

template <>
struct codec<std::monostate> {
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return fixed_string("monostate"); }
  static void encode(packed_oarchive& archive, std::monostate) { encode_nothing(archive); }
  static void decode(packed_iarchive& archive, std::monostate) {
    decode_nothing(archive, "monostate");
  }
};

// The index of the alternative, then its value.
template <class... T>
struct codec<std::variant<T...>> {
  static constexpr std::size_t minimum_size = 2;
  static consteval auto signature() {
    return "variant<" + comma_separated(detail::signature<T>()...) + ">";
  }

  static void encode(packed_oarchive& archive, const std::variant<T...>& value) {
    if (value.valueless_by_exception()) throw_unpackable("a variant has no value");
    archive.save_length(value.index());
    std::visit([&](const auto& alternative) { detail::encode(archive, alternative); }, value);
  }

  static void decode(packed_iarchive& archive, std::variant<T...>& value) {
    constexpr const char* name = signature_text<std::variant<T...>>.text;
    const std::uint64_t index = archive.load_number(name);
    const bool known = decode_one_of(archive, value, index, std::index_sequence_for<T...>());
    if (!known) {
      throw_malformed(std::string(name) + " has no alternative " + std::to_string(index));
    }
  }

 private:
  template <std::size_t... Indices>
  static bool decode_one_of(packed_iarchive& archive, std::variant<T...>& value,
                            std::uint64_t index, std::index_sequence<Indices...>) {
    return ((index == Indices && decode_as<Indices>(archive, value)) || ...);
  }

  template <std::size_t Index>
  static bool decode_as(packed_iarchive& archive, std::variant<T...>& value) {
    check_constructible<std::variant_alternative_t<Index, std::variant<T...>>>();
    detail::decode(archive, value.template emplace<Index>());
    return true;
  }
};

// A pointer to an array does not know its length, so it is left to the primary template's error.
template <class T>
  requires(!std::is_array_v<T>)
struct codec<std::unique_ptr<T>> {
  using object = std::remove_cv_t<T>;
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return "unique_ptr<" + pointee<object>::signature() + ">"; }

  static void encode(packed_oarchive& archive, const std::unique_ptr<T>& value) {
    detail::encode(archive, value != nullptr);
    if (value) pointee<object>::encode(archive, *value);
  }
  static void decode(packed_iarchive& archive, std::unique_ptr<T>& value) {
    value.reset();
    if (!decode_bool(archive, signature_text<std::unique_ptr<T>>.text)) return;
    auto fresh = pointee<object>::create(archive);
    pointee<object>::decode(archive, *fresh);
    value = std::move(fresh);
  }
};

}  // namespace cohort::detail
