// What a manager's server can be asked to do: the constructors and functions that the program names
// anywhere in its calls, and nothing else.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/callable_shipping.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cohort::detail {

// The parameters of a function that is called on an object, without the object, and its result.
template <class R, class... P>
struct method_signature {
  static_assert(((!std::is_lvalue_reference_v<P> ||
                  std::is_const_v<std::remove_reference_t<P>>)&&...),
                "cohort: a function that is called through a proxy can't have parameters that are "
                "references to what it changes: it gets copies; return the results instead");
  using result = R;
};

// Without its first parameter, which is the object.
template <class F>
struct free_signature;
template <class R, class Object, class... P>
struct free_signature<R (*)(Object, P...)> {
  using type = method_signature<R, P...>;
};
template <class R, class Object, class... P>
struct free_signature<R (*)(Object, P...) noexcept> {
  using type = method_signature<R, P...>;
};

template <class F>
struct signature_of : free_signature<decltype(+std::declval<F>())> {};
template <class R, class C, class... P>
struct signature_of<R (C::*)(P...)> {
  using type = method_signature<R, P...>;
};
template <class R, class C, class... P>
struct signature_of<R (C::*)(P...) const> {
  using type = method_signature<R, P...>;
};
template <class R, class C, class... P>
struct signature_of<R (C::*)(P...) noexcept> {
  using type = method_signature<R, P...>;
};
template <class R, class C, class... P>
struct signature_of<R (C::*)(P...) const noexcept> {
  using type = method_signature<R, P...>;
};
template <auto Method>
using signature_of_t = typename signature_of<std::remove_const_t<decltype(Method)>>::type;

// The records of a class T have the same `destroy`: so the server knows a function of T from those
// of other classes, whatever bytes ask for it.
template <class T>
struct served {
  static void destroy(void* object) noexcept { delete static_cast<T*>(object); }
  // In place of what a record has not.
  [[noreturn]] static void* not_made(packed_iarchive&) {
    throw_malformed("a function is named where a class is to be");
  }
  [[noreturn]] static void not_called(void*, packed_iarchive&, packed_oarchive&) {
    throw_malformed("a class is named where a function is to be");
  }
};

template <class... T>
std::tuple<T...> decode_all(packed_iarchive& archive) {
  auto parts = decode_parts<T...>(archive);
  if (archive.remaining() != 0) {
    throw_malformed(std::to_string(archive.remaining()) +
                    " bytes are left over after the arguments of a call");
  }
  return parts;
}

// T(args...), with arguments of these (decayed) types.
template <class T, class... Args>
class served_class {
  static_assert(std::constructible_from<T, Args...>,
                "cohort: the class can't be constructed from these arguments: it gets decayed "
                "copies of them as rvalues, and texts and spans as std::string and std::vector");
  static void* make(packed_iarchive& archive) {
    return std::apply([](Args&&... each) -> void* { return new T(std::move(each)...); },
                      decode_all<Args...>(archive));
  }

 public:
  // Naming it makes it part of the program, in whichever process this code runs.
  static inline callable_thunk record{&make, &served<T>::destroy, &served<T>::not_called};
};

// Method(object, args...).
template <class T, auto Method, class Signature = signature_of_t<Method>>
class served_method;
template <class T, auto Method, class R, class... P>
class served_method<T, Method, method_signature<R, P...>> {
  static void invoke(void* object, packed_iarchive& archive,
                     [[maybe_unused]] packed_oarchive& result) {
    auto arguments = decode_all<shipped_t<P>...>(archive);
    const auto result_of = [&]() -> decltype(auto) {
      return std::apply(
          [&](shipped_t<P>&... each) -> decltype(auto) {
            return std::invoke(Method, *static_cast<T*>(object), std::move(each)...);
          },
          arguments);
    };
    if constexpr (std::is_void_v<R>) {
      result_of();
    } else {
      encode_argument(result, result_of());
    }
  }

  template <class Given, class Wanted = shipped_t<Given>>
  static decltype(auto) as_parameter(const Given& given) {
    if constexpr (std::same_as<Given, Wanted>) {
      return (given);
    } else {
      return as_shipped(given);
    }
  }
  template <class Parameter, class Given>
  static void encode_one(packed_oarchive& archive, const Given& given) {
    decltype(auto) sent = as_parameter(given);
    if constexpr (std::same_as<std::remove_cvref_t<decltype(sent)>, Parameter>) {
      encode_part(archive, sent);
    } else {
      const Parameter converted = sent;
      encode_part(archive, converted);
    }
  }

 public:
  static inline callable_thunk record{&served<T>::not_made, &served<T>::destroy, &invoke};

  static constexpr std::size_t arity = sizeof...(P);
  template <class... Given>
  static void encode(packed_oarchive& archive, const Given&... given) {
    static_assert(sizeof...(Given) == arity, "cohort: the function has not as many parameters");
    (encode_one<shipped_t<P>>(archive, given), ...);
  }
  using result = std::conditional_t<std::is_void_v<R>, void, shipped_t<R>>;
};

// Looked up once in a process.
template <class Served>
const code_place& place_of_record() {
  static const code_place place = place_of(&Served::record);
  return place;
}

}  // namespace cohort::detail
