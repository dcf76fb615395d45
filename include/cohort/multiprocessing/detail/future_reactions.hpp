// Callbacks and continuations of futures, with their types.
#pragma once

#include <cohort/multiprocessing/detail/future_state.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace cohort::detail {

// Whether F can be called with a T, or with nothing where T is void.
template <class F, class T>
inline constexpr bool takes_value = std::is_invocable_v<F, T&>;
template <class F>
inline constexpr bool takes_value<F, void> = std::is_invocable_v<F>;
template <class F>
inline constexpr bool takes_value<F, const void> = std::is_invocable_v<F>;

// What a task that calls F with these arguments has as its result. References are no results.
template <class F, class... Arguments>
using task_result_t = std::decay_t<std::invoke_result_t<F, Arguments...>>;

template <class F, class T>
struct continued {
  static_assert(std::is_invocable_v<F, T>, "then: the function must take the result");
  using type = task_result_t<F, T>;
};
template <class F>
struct continued<F, void> {
  static_assert(std::is_invocable_v<F>, "then: after a result of type void, without arguments");
  using type = task_result_t<F>;
};
template <class F, class T>
using continued_t = typename continued<F, T>::type;

template <class T, class F>
class value_callback final : public future_reaction {
 public:
  explicit value_callback(F f) : f_(std::move(f)) {}
  void run(future_core& settled) override {
    if (settled.error()) return;
    if constexpr (std::is_void_v<T>) {
      std::invoke(f_);
    } else {
      std::invoke(f_, std::as_const(static_cast<future_state<T>&>(settled).value()));
    }
  }

 private:
  F f_;
};

template <class F>
class error_callback final : public future_reaction {
 public:
  explicit error_callback(F f) : f_(std::move(f)) {}
  void run(future_core& settled) override {
    if (settled.error()) std::invoke(f_, settled.error());
  }

 private:
  F f_;
};

// Settles `to` with what `make()` returns or throws. The exception's last reference is the future's
// when others see it: it is not held by a handler here any more.
template <class R, class Make>
void settle_with(promise<R>& to, Make&& make) noexcept {
  std::exception_ptr failure;
  try {
    if constexpr (std::is_void_v<R>) {
      make();
      to.set();
    } else {
      to.set(make());
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) to.fail(std::move(failure));
}

template <class T, class F>
class continuation final : public future_reaction {
 public:
  using result = continued_t<F, T>;
  continuation(F f, promise<result> to) : f_(std::move(f)), to_(std::move(to)) {}

  void run(future_core& settled) override {
    if (auto error = settled.take_error()) {
      to_.fail(std::move(error));
      return;
    }
    settle_with(to_, [&]() -> decltype(auto) {
      if constexpr (std::is_void_v<T>) {
        return std::invoke(std::move(f_));
      } else {
        return std::invoke(std::move(f_),
                           std::move(static_cast<future_state<T>&>(settled).value()));
      }
    });
  }

 private:
  F f_;
  promise<result> to_;
};

// The origin of a future that continues another: what is asked of it is passed on. Weak, since the
// other holds the continuation, and that this one's future.
class upstream final : public future_origin {
 public:
  explicit upstream(const std::shared_ptr<future_core>& before)
      : before_(before), root_(before->origin()) {}
  bool cancel(const void*) override {
    const auto before = before_.lock();
    return before && before->cancel();
  }
  void help(const void*, const awaited& what) override {
    if (const auto before = before_.lock()) before->help(what);
  }
  std::recursive_mutex& callback_mutex() override {
    return root_ ? root_->callback_mutex() : future_origin::callback_mutex();
  }

 private:
  std::weak_ptr<future_core> before_;
  std::shared_ptr<future_origin> root_;
};

}  // namespace cohort::detail
