// Callables, their arguments and results as bytes: what processes and pools send.
#pragma once

#include <cohort/detail/callable_codec.hpp>
#include <cohort/detail/callable_thunk.hpp>

#include <concepts>
#include <functional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cohort::detail {

// What a call of F with arguments of these (decayed) types gives to the process that asked for it:
// a decayed copy of the result.
template <class F, class... Args>
using shipped_result_t = shipped_t<std::invoke_result_t<F&, Args...>>;

// The code on the receiving side for callables of type F with arguments of these types. The
// arguments are passed as rvalues, as by std::thread. With Result = void the callable's result is
// discarded.
template <class F, class Result, class... Args>
class typed_thunk {
  static void* make(packed_iarchive& archive) { return new F(callable_codec<F>::decode(archive)); }
  static void destroy(void* callable) noexcept { delete static_cast<F*>(callable); }
  static void invoke(void* callable, packed_iarchive& archive,
                     [[maybe_unused]] packed_oarchive& result) {
    auto arguments = decode_parts<Args...>(archive);
    if (archive.remaining() != 0) {
      throw_malformed(std::to_string(archive.remaining()) +
                      " bytes are left over after the arguments of a call");
    }
    const auto result_of = [&]() -> decltype(auto) {
      return std::apply(
          [&](Args&... each) -> decltype(auto) {
            return std::invoke(*static_cast<F*>(callable), std::move(each)...);
          },
          arguments);
    };
    if constexpr (std::is_void_v<Result>) {
      result_of();
    } else {
      encode_argument(result, result_of());
    }
  }

 public:
  // Naming it makes it part of the program, in whichever process this code runs.
  static inline callable_thunk record{&make, &destroy, &invoke};
};

void encode_thunk(packed_oarchive& archive, const callable_thunk& thunk);

// Appends what a shipped_callable reads: the callable for calls with arguments of these (decayed)
// types.
template <class Result, class... Args, class F>
void encode_callable(packed_oarchive& archive, const F& callable) {
  static_assert(std::invocable<F&, Args...>,
                "cohort: the callable can't be called with these arguments: it gets decayed copies "
                "of them as rvalues, and texts and spans as std::string and std::vector");
  encode_thunk(archive, typed_thunk<F, Result, Args...>::record);
  callable_codec<F>::encode(archive, callable);
}

// Appends the arguments of one call.
template <class... T>
void encode_arguments(packed_oarchive& archive, const T&... arguments) {
  (encode_argument(archive, arguments), ...);
}

}  // namespace cohort::detail
