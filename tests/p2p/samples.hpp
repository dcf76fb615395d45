// Values of every kind that can be sent: sample<T>(seed, bytes) makes one whose contents follow
// from its seed and whose payload is about so many bytes, and same(a, b) compares two.
#pragma once

#include <cohort/datatype.hpp>

#include <boost/serialization/access.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>

#include <array>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace cohort::test {

enum class color : std::uint8_t { red, green, blue };

// Travels as the bytes of the object, since it opts in.
struct particle {
  double x = 0;
  double y = 0;
  std::int64_t charge = 0;
  bool operator==(const particle&) const = default;
};

// Travels by its serialize function.
class account {
 public:
  account() = default;
  account(std::string owner, std::vector<double> movements)
      : owner_(std::move(owner)), movements_(std::move(movements)) {}
  bool operator==(const account&) const = default;

 private:
  friend class boost::serialization::access;
  template <class Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& owner_& movements_;
  }
  std::string owner_;
  std::vector<double> movements_;
};

}  // namespace cohort::test

COHORT_IS_MPI_DATATYPE(cohort::test::particle)

namespace cohort::test {

inline constexpr std::size_t element_of_container = 16;  // bytes, about, of a non-direct element

template <class T>
struct sample_of;

template <class T>
T sample(std::uint32_t seed, std::size_t bytes = 0) {
  return sample_of<T>::make(seed, bytes);
}

// A well-mixed number (the finalizer of MurmurHash3).
inline std::uint32_t mixed(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x85ebca6bu;
  x = (x ^ (x >> 13)) * 0xc2b2ae35u;
  return x ^ (x >> 16);
}

template <class T>
  requires std::is_arithmetic_v<T>
struct sample_of<T> {
  static T make(std::uint32_t seed, std::size_t) {
    if constexpr (std::same_as<T, bool>)
      return mixed(seed) % 2 != 0;
    else
      return static_cast<T>(mixed(seed) >> 3);
  }
};
template <>
struct sample_of<color> {
  static color make(std::uint32_t seed, std::size_t) { return static_cast<color>(mixed(seed) % 3); }
};
template <class T>
struct sample_of<std::complex<T>> {
  static std::complex<T> make(std::uint32_t seed, std::size_t) {
    return {sample<T>(seed), sample<T>(seed + 1)};
  }
};
template <>
struct sample_of<std::chrono::milliseconds> {
  static std::chrono::milliseconds make(std::uint32_t seed, std::size_t) {
    return std::chrono::milliseconds(mixed(seed));
  }
};
template <>
struct sample_of<particle> {
  static particle make(std::uint32_t seed, std::size_t) {
    return {sample<double>(seed), sample<double>(seed + 1), sample<std::int64_t>(seed + 2)};
  }
};
template <>
struct sample_of<account> {
  static account make(std::uint32_t seed, std::size_t bytes) {
    return {sample<std::string>(seed, 10), sample<std::vector<double>>(seed, bytes)};
  }
};
template <class A, class B>
struct sample_of<std::pair<A, B>> {
  static std::pair<A, B> make(std::uint32_t seed, std::size_t bytes) {
    return {sample<std::remove_const_t<A>>(seed, bytes), sample<B>(seed + 1, bytes)};
  }
};
template <class... T>
struct sample_of<std::tuple<T...>> {
  static std::tuple<T...> make(std::uint32_t seed, std::size_t bytes) {
    return {sample<T>(seed, bytes)...};
  }
};
template <class T, std::size_t N>
struct sample_of<std::array<T, N>> {
  static std::array<T, N> make(std::uint32_t seed, std::size_t bytes) {
    std::array<T, N> result;
    for (T& element : result) element = sample<T>(seed++, bytes / N);
    return result;
  }
};
template <class T>
struct sample_of<std::optional<T>> {
  static std::optional<T> make(std::uint32_t seed, std::size_t bytes) {
    if (bytes == 0) return std::nullopt;
    return sample<T>(seed, bytes);
  }
};
template <class... T>
struct sample_of<std::variant<T...>> {
  static std::variant<T...> make(std::uint32_t seed, std::size_t bytes) {
    using last = std::variant_alternative_t<sizeof...(T) - 1, std::variant<T...>>;
    if (bytes == 0) return {};
    return sample<last>(seed, bytes);
  }
};
template <class T>
struct sample_of<std::unique_ptr<T>> {
  static std::unique_ptr<T> make(std::uint32_t seed, std::size_t bytes) {
    return bytes == 0 ? nullptr : std::make_unique<T>(sample<T>(seed, bytes));
  }
};

// Containers: as many elements as make up the bytes.
template <class C>
  requires requires(C& c) {
    typename C::value_type;
    c.insert(c.end(), std::declval<typename C::value_type>());
  }
struct sample_of<C> {
  static C make(std::uint32_t seed, std::size_t bytes) {
    using element = typename C::value_type;
    constexpr std::size_t each = detail::direct<element> ? sizeof(element) : element_of_container;
    C result;
    for (std::size_t i = 0; i < bytes / each; ++i) {
      result.insert(result.end(),
                    sample<element>(mixed(seed) + static_cast<std::uint32_t>(i), each));
    }
    return result;
  }
};

// A vector says that it can be copied even where its elements can't.
template <class T>
inline constexpr bool copyable = std::copy_constructible<T>;
template <class T>
inline constexpr bool copyable<std::vector<T>> = copyable<T>;

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (std::equality_comparable<T>) return a == b;
}
template <class T>
bool same(const std::unique_ptr<T>& a, const std::unique_ptr<T>& b) {
  return !a || !b ? !a && !b : same(*a, *b);
}
template <class T>
bool same(const std::vector<std::unique_ptr<T>>& a, const std::vector<std::unique_ptr<T>>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

}  // namespace cohort::test
