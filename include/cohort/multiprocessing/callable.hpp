// Which callables can be sent to another process, and how a callable takes its state along.
#pragma once

#include <cohort/detail/callable_codec.hpp>

#include <concepts>
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cohort {

// Callables that processes and pools take:
//   - functions and pointers to functions and member functions, of the program or a library;
//   - lambdas without captures, and other function objects without data;
//   - function objects with a serialize member, or that travel as bytes (COHORT_IS_MPI_DATATYPE);
//   - what cohort::bind() makes of these.
// A lambda with captures is none: what it has captured is nobody's business but the compiler's.
template <class F>
concept shippable = detail::kind_of<std::decay_t<F>>() != detail::callable_kind::other;

namespace detail {

// A callable and the first of its arguments.
template <class F, class... State>
class bound {
 public:
  bound(F callable, std::tuple<State...> state)
      : callable_(std::move(callable)), state_(std::move(state)) {}

  // The state is passed as lvalues: it stays from call to call.
  template <class... Args>
    requires std::invocable<F&, State&..., Args...>
  decltype(auto) operator()(Args&&... arguments) {
    return std::apply(
        [&](State&... state) -> decltype(auto) {
          return std::invoke(callable_, state..., std::forward<Args>(arguments)...);
        },
        state_);
  }
  template <class... Args>
    requires std::invocable<const F&, const State&..., Args...>
  decltype(auto) operator()(Args&&... arguments) const {
    return std::apply(
        [&](const State&... state) -> decltype(auto) {
          return std::invoke(callable_, state..., std::forward<Args>(arguments)...);
        },
        state_);
  }

  void encode_parts(packed_oarchive& archive) const {
    callable_codec<F>::encode(archive, callable_);
    std::apply([&](const State&... part) { (encode_part(archive, part), ...); }, state_);
  }
  static bound decode_parts(packed_iarchive& archive) {
    F callable = callable_codec<F>::decode(archive);
    return bound(std::move(callable), detail::decode_parts<State...>(archive));
  }

 private:
  F callable_;
  std::tuple<State...> state_;
};

}  // namespace detail

// A callable that calls f(state..., arguments...): the way to give a callable that is sent to
// another process what a lambda would capture. The state is kept as decayed copies (texts as
// std::string, spans as std::vector), is sent along by its serialize functions, and is passed to f
// as lvalues: in the process that the callable is sent to, f may change it for its next call there.
//
//   cohort::pool workers(4);
//   auto areas = workers.map(cohort::bind([](double scale, double x) { return scale * x; }, 2.5),
//   xs);
template <class F, class... State>
  requires(sizeof...(State) > 0)
auto bind(F&& callable, State&&... state) {
  using kept = detail::bound<std::decay_t<F>, detail::shipped_t<State>...>;
  static_assert(detail::callable_codec<std::decay_t<F>>::kind != detail::callable_kind::other);
  return kept(std::forward<F>(callable), std::tuple<detail::shipped_t<State>...>{
                                             detail::as_shipped(std::forward<State>(state))...});
}

}  // namespace cohort
