// A future's state with the value, and the promise: the side that settles it.
#pragma once

#include <cohort/multiprocessing/detail/future_core.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace cohort::detail {

// What stands for a result of type T in memory.
template <class T>
using stored_result = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
class future_state final : public future_core {
 public:
  using future_core::future_core;

  // Settles with a value; false where somebody else has settled. A value whose move throws settles
  // with that error.
  template <class... Value>
  bool set(Value&&... value) noexcept {
    if (!claim()) return false;
    std::exception_ptr failure;
    try {
      value_.emplace(std::forward<Value>(value)...);
    } catch (...) {
      failure = std::current_exception();
    }
    settle(std::move(failure));
    return true;
  }
  bool fail(std::exception_ptr error) noexcept {
    if (!claim()) return false;
    settle(std::move(error));
    return true;
  }

  // After the end without an error.
  stored_result<T>& value() noexcept { return *value_; }

 private:
  std::optional<stored_result<T>> value_;
};

// Holds the duty to settle. One that is dropped without having done so breaks the promise: the
// future ends with closed_error, and nobody waits for ever.
template <class T>
class promise {
 public:
  promise() : state_(std::make_shared<future_state<T>>()) {}
  explicit promise(std::shared_ptr<future_state<T>> state) noexcept : state_(std::move(state)) {}
  promise(promise&&) noexcept = default;
  promise& operator=(promise&& other) noexcept {
    promise(std::move(other)).state_.swap(state_);
    return *this;
  }
  ~promise() {
    if (state_) state_->fail(broken_promise());
  }

  const std::shared_ptr<future_state<T>>& state() const noexcept { return state_; }

  // Settle, once. False where the future was settled before, by a cancellation for instance.
  template <class... Value>
  bool set(Value&&... value) noexcept {
    return std::exchange(state_, nullptr)->set(std::forward<Value>(value)...);
  }
  bool fail(std::exception_ptr error) noexcept {
    return std::exchange(state_, nullptr)->fail(std::move(error));
  }

 private:
  std::shared_ptr<future_state<T>> state_;
};

}  // namespace cohort::detail
