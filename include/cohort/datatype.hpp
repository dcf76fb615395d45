// Which values travel as the bytes of the object, and what the type of their elements is called.
#pragma once

#include <cohort/detail/element_type.hpp>
#include <cohort/detail/signature.hpp>

#include <boost/serialization/is_bitwise_serializable.hpp>

#include <array>
#include <chrono>
#include <complex>
#include <concepts>
#include <cstddef>
#include <ratio>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

// A class opts in to travel as the bytes of its objects by specialising this (or Boost's
// is_bitwise_serializable, which is honoured too). It promises that the bytes mean the same in
// another process: no pointers, references, views or resources, directly or in a member. Being
// trivially copyable is no such promise, so it is not taken for one.
//
//   struct particle { double x, y, z; int charge; };
//   COHORT_IS_MPI_DATATYPE(particle)
//
// Peers tell opted-in classes apart by their size; a class with a static member
// `static constexpr char cohort_type_name[] = "particle";` is told apart by that name as well.
template <class T>
struct is_mpi_datatype : std::false_type {};

// At namespace scope outside every namespace.
#define COHORT_IS_MPI_DATATYPE(...) \
  template <>                       \
  struct cohort::is_mpi_datatype<__VA_ARGS__> : std::true_type {};

namespace detail {

template <class T>
concept opted_in = (std::is_class_v<T> || std::is_union_v<T>)&&(
    bool(is_mpi_datatype<T>::value) ||
    bool(boost::serialization::is_bitwise_serializable<T>::value));

template <class T>
concept named_type = requires { fixed_string(T::cohort_type_name); };

// What is known about a type that may travel as bytes; cv-qualifiers are gone before it is asked.
//   is_direct    the bytes of the object are the message
//   is_portable  every byte of the object is part of its value and every pattern of them is valid:
//                no padding, no bool. An archive may copy such objects without looking at them.
//   signature()  the canonical text
template <class T>
struct datatype {
  static constexpr bool is_direct = false;
  static constexpr bool is_portable = false;
};

// T travels as the bytes of the object: arithmetic types, enumerations, std::complex,
// std::chrono::duration and time_point, classes that opted in, and arrays, pairs and tuples of
// such.
template <class T>
concept direct = datatype<std::remove_cv_t<T>>::is_direct;

// Direct, and an archive may copy the bytes unseen.
template <class T>
concept portable_bytes = direct<T> && datatype<std::remove_cv_t<T>>::is_portable;

template <direct T>
consteval auto direct_signature() {
  return datatype<std::remove_cv_t<T>>::signature();
}

template <class T>
consteval auto integer_signature() {
  constexpr auto bits = decimal<sizeof(T) * 8>();
  if constexpr (std::is_signed_v<T>) {
    return "int" + bits;
  } else {
    return "uint" + bits;
  }
}

template <class T>
  requires std::is_arithmetic_v<T>
struct datatype<T> {
  static constexpr bool is_direct = true;
  static constexpr bool is_portable = !std::same_as<T, bool>;

  // By width and signedness, so that long and long long of one width are one type; character types
  // are not numbers and keep their own names.
  static consteval auto signature() {
    if constexpr (std::same_as<T, bool>) {
      return fixed_string("bool");
    } else if constexpr (std::same_as<T, char>) {
      return fixed_string("char");
    } else if constexpr (std::same_as<T, wchar_t>) {
      return fixed_string("wchar");
    } else if constexpr (std::same_as<T, char8_t>) {
      return fixed_string("char8");
    } else if constexpr (std::same_as<T, char16_t>) {
      return fixed_string("char16");
    } else if constexpr (std::same_as<T, char32_t>) {
      return fixed_string("char32");
    } else if constexpr (std::same_as<T, float>) {
      return fixed_string("float");
    } else if constexpr (std::same_as<T, double>) {
      return fixed_string("double");
    } else if constexpr (std::same_as<T, long double>) {
      return fixed_string("long double");
    } else {
      return integer_signature<T>();
    }
  }
};

template <class T>
  requires std::is_enum_v<T>
struct datatype<T> : datatype<std::underlying_type_t<T>> {};

template <>
struct datatype<std::byte> {
  static constexpr bool is_direct = true;
  static constexpr bool is_portable = true;
  static consteval auto signature() { return fixed_string("byte"); }
};

template <direct T>
struct datatype<std::complex<T>> {
  static constexpr bool is_direct = true;
  static constexpr bool is_portable = true;
  static consteval auto signature() { return "complex<" + direct_signature<T>() + ">"; }
};

template <direct Rep, std::intmax_t Numerator, std::intmax_t Denominator>
struct datatype<std::chrono::duration<Rep, std::ratio<Numerator, Denominator>>> {
  static constexpr bool is_direct = true;
  static constexpr bool is_portable = portable_bytes<Rep>;
  static consteval auto signature() {
    return "duration<" + direct_signature<Rep>() + ", " + decimal<Numerator>() + "/" +
           decimal<Denominator>() + ">";
  }
};

template <class Clock, direct Duration>
struct datatype<std::chrono::time_point<Clock, Duration>> {
  static constexpr bool is_direct = true;
  static constexpr bool is_portable = portable_bytes<Duration>;
  // Clocks have no names that all compilers agree on; those of <chrono> that are worth sending
  // are told apart by whether they are steady.
  static consteval auto signature() {
    if constexpr (Clock::is_steady) {
      return "steady_time<" + direct_signature<Duration>() + ">";
    } else {
      return "time<" + direct_signature<Duration>() + ">";
    }
  }
};

template <direct T, std::size_t N>
  requires(N > 0)
struct datatype<T[N]> {
  static constexpr bool is_direct = true;
  static constexpr bool is_portable = portable_bytes<T>;
  static consteval auto signature() { return direct_signature<T>() + "[" + decimal<N>() + "]"; }
};

template <direct T, std::size_t N>
  requires(N > 0)
struct datatype<std::array<T, N>> : datatype<std::remove_cv_t<T>[N]> {};

template <direct First, direct Second>
struct datatype<std::pair<First, Second>> {
  static constexpr bool is_direct = true;
  static constexpr bool is_portable =
      portable_bytes<First> && portable_bytes<Second> &&
      sizeof(First) + sizeof(Second) == sizeof(std::pair<First, Second>);
  static consteval auto signature() {
    return "pair<" + comma_separated(direct_signature<First>(), direct_signature<Second>()) + ">";
  }
};

template <direct... T>
  requires(sizeof...(T) > 0)
struct datatype<std::tuple<T...>> {
  static constexpr bool is_direct = true;
  static constexpr bool is_portable =
      (portable_bytes<T> && ...) && (sizeof(T) + ...) == sizeof(std::tuple<T...>);
  static consteval auto signature() {
    return "tuple<" + comma_separated(direct_signature<T>()...) + ">";
  }
};

template <opted_in T>
struct datatype<T> {
  // Not is_trivially_copyable: that excludes classes with a std::pair or std::tuple member, whose
  // assignment is never trivial.
  static_assert(
      std::is_trivially_destructible_v<T>,
      "cohort: T can't be sent: it opted in to travel as bytes, but its destructor is not "
      "trivial, so it owns something; give it a serialize member instead");
  static constexpr bool is_direct = true;
  static constexpr bool is_portable = true;  // by its promise
  static consteval auto signature() {
    constexpr auto size = "[" + decimal<sizeof(T)>() + "]";
    if constexpr (named_type<T>) {
      return fixed_string(T::cohort_type_name) + size;
    } else {
      return "class" + size;
    }
  }
};

// The elements of a direct type: an array is that many of its innermost elements, everything else
// is one element.
template <direct T>
struct element_of {
  using type = std::remove_cv_t<T>;
  static constexpr std::size_t count = 1;
};

template <direct T>
  requires(!std::same_as<T, std::remove_cv_t<T>>)
struct element_of<T> : element_of<std::remove_cv_t<T>> {};

template <direct T, std::size_t N>
  requires(!std::is_const_v<T> && !std::is_volatile_v<T>)
struct element_of<T[N]> {
  using type = typename element_of<T>::type;
  static constexpr std::size_t count = N * element_of<T>::count;
};

template <direct T, std::size_t N>
struct element_of<std::array<T, N>> : element_of<std::remove_cv_t<T>[N]> {};

// The text of the elements' signature, kept once per element type.
template <class Element>
inline constexpr auto element_signature = direct_signature<Element>();

// The element type of a direct T, as the envelope carries it. std::byte is raw bytes, which match
// any type.
template <direct T>
inline constexpr element_type element_type_of = {
    std::same_as<typename element_of<T>::type, std::byte>
        ? raw_bytes_id
        : signature_id(element_signature<typename element_of<T>::type>.view()),
    static_cast<std::uint32_t>(sizeof(typename element_of<T>::type)),
    element_signature<typename element_of<T>::type>.text};

template <class C>
inline constexpr bool is_resizable = false;
template <direct T, class Allocator>
inline constexpr bool is_resizable<std::vector<T, Allocator>> = !std::same_as<T, bool>;
template <direct Char, class Traits, class Allocator>
inline constexpr bool is_resizable<std::basic_string<Char, Traits, Allocator>> = true;

// C travels as the bytes of its elements, with their element type: a span of int can be received
// as a vector<int>, whose size is then that of the message.
template <class C>
concept resizable = is_resizable<std::remove_cv_t<C>>;

}  // namespace detail
}  // namespace cohort
