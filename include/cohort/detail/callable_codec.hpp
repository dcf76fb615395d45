// How callables of each kind become bytes and callables again; and what can't, with a compile error
// that says what to do.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/detail/code_place.hpp>

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::detail {

template <class F, class... State>
class bound;

template <class T>
inline constexpr bool is_bound = false;
template <class F, class... State>
inline constexpr bool is_bound<bound<F, State...>> = true;

enum class callable_kind {
  function,   // a pointer: sent as a place in a module
  member,     // a pointer to a member function
  bound,      // cohort::bind(): a callable and its state
  value,      // a function object that says how it is serialized, or travels as bytes
  stateless,  // nothing to send: made afresh
  other       // captures, or hides what it holds
};

template <class F>
consteval callable_kind kind_of() {
  if constexpr (std::is_pointer_v<F> && std::is_function_v<std::remove_pointer_t<F>>) {
    return callable_kind::function;
  } else if constexpr (std::is_member_function_pointer_v<F>) {
    return callable_kind::member;
  } else if constexpr (!std::is_class_v<F>) {
    return callable_kind::other;
  } else if constexpr (is_bound<F>) {
    return callable_kind::bound;
  } else if constexpr (direct<F> || serializable<F>) {
    return callable_kind::value;
  } else if constexpr (std::is_empty_v<F> && std::default_initializable<F>) {
    return callable_kind::stateless;
  } else {
    return callable_kind::other;
  }
}

template <class F>
struct callable_codec {
  static constexpr callable_kind kind = kind_of<F>();
  static_assert(kind != callable_kind::other,
                "cohort: this callable can't be sent to another process: a lambda with captures "
                "(write [] where nothing is captured), or a function object whose state has no "
                "serialize function; use cohort::bind(f, state...) with an f without captures "
                "that takes the state as its first parameters, or a function object with a "
                "serialize member");

  static void encode(packed_oarchive& archive, const F& callable) {
    if constexpr (kind == callable_kind::function) {
      encode_function(archive, reinterpret_cast<std::uintptr_t>(callable), 0);
    } else if constexpr (kind == callable_kind::member) {
      encode_member(archive, callable);
    } else if constexpr (kind == callable_kind::bound) {
      callable.encode_parts(archive);
    } else if constexpr (kind == callable_kind::value) {
      detail::encode(archive, callable);
    }
  }

  static F decode(packed_iarchive& archive) {
    if constexpr (kind == callable_kind::function) {
      return reinterpret_cast<F>(decode_function(archive).function);
    } else if constexpr (kind == callable_kind::member) {
      return decode_member(archive);
    } else if constexpr (kind == callable_kind::bound) {
      return F::decode_parts(archive);
    } else if constexpr (kind == callable_kind::value) {
      check_constructible<F>();
      F callable{};
      detail::decode(archive, callable);
      return callable;
    } else if constexpr (kind == callable_kind::stateless) {
      return F{};
    }
  }

 private:
  // A pointer to a member function is two words, as in the Itanium C++ ABI, 2.3.2: the function and
  // what is added to `this`. For a virtual function the first is its place in the virtual table;
  // what tells it from an address is its lowest bit, on aarch64 that of the second word.
  using words = std::array<std::uintptr_t, 2>;
  static bool is_virtual(const words& pointer) {
#if defined(__aarch64__)
    return (pointer[1] & 1) != 0;
#else
    return (pointer[0] & 1) != 0;
#endif
  }
  static void encode_member(packed_oarchive& archive, F member) {
    const auto pointer = std::bit_cast<words>(member);
    if (is_virtual(pointer))
      encode_function_number(archive, pointer[0], pointer[1]);
    else
      encode_function(archive, pointer[0], pointer[1]);
  }
  static F decode_member(packed_iarchive& archive) {
    const decoded_function found = decode_function(archive);
    return std::bit_cast<F>(words{found.function, found.extra});
  }
};

// What an argument or a part of a callable's state is on the other side: a decayed copy, as with
// std::thread; views of text and of elements own them there.
template <class T>
struct shipped_as {
  using type = T;
};
template <>
struct shipped_as<const char*> {
  using type = std::string;
};
template <>
struct shipped_as<char*> {
  using type = std::string;
};
template <class Char, class Traits>
struct shipped_as<std::basic_string_view<Char, Traits>> {
  using type = std::basic_string<Char, Traits>;
};
template <class T, std::size_t Extent>
struct shipped_as<std::span<T, Extent>> {
  using type = std::vector<std::remove_cv_t<T>>;
};
template <class T>
using shipped_t = typename shipped_as<std::decay_t<T>>::type;

// Callables among them travel as callables, and objects without state not at all.
template <class T>
inline constexpr bool ships_as_callable =
    kind_of<T>() != callable_kind::value && kind_of<T>() != callable_kind::other;

template <class T>
void encode_part(packed_oarchive& archive, const T& part) {
  if constexpr (ships_as_callable<T>) {
    callable_codec<T>::encode(archive, part);
  } else {
    encode(archive, part);
  }
}

// A value as what it is sent as.
template <class T>
shipped_t<T> as_shipped(T&& value) {
  if constexpr (is_view<std::decay_t<T>>) {
    return shipped_t<T>(value.begin(), value.end());
  } else {
    return std::forward<T>(value);
  }
}

template <class T>
void encode_argument(packed_oarchive& archive, const T& argument) {
  if constexpr (std::same_as<shipped_t<const T&>, T>) {
    encode_part(archive, argument);
  } else {
    encode_part(archive, as_shipped(argument));
  }
}

template <class T>
T decode_part(packed_iarchive& archive) {
  if constexpr (ships_as_callable<T>) {
    return callable_codec<T>::decode(archive);
  } else {
    check_constructible<T>();
    T part{};
    decode(archive, part);
    return part;
  }
}

// In the order of the archive: that of a braced list.
template <class... T>
std::tuple<T...> decode_parts(packed_iarchive& archive) {
  return std::tuple<T...>{decode_part<T>(archive)...};
}

}  // namespace cohort::detail
