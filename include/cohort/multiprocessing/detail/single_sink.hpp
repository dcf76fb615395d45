// The sink of a single task: its future.
#pragma once

#include <cohort/multiprocessing/detail/future_state.hpp>

#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

namespace cohort::detail {

template <class R>
class single_sink {
 public:
  explicit single_sink(promise<R> to) noexcept : to_(std::move(to)) {}

  template <class... Value>
  void value(Value&&... value) {
    value_.emplace(std::forward<Value>(value)...);
  }
  void error(std::exception_ptr why) noexcept { error_ = std::move(why); }
  void finish(std::int64_t) noexcept {
    if (error_) {
      to_.fail(std::move(error_));
    } else {
      to_.set(std::move(*value_));
    }
  }

 private:
  promise<R> to_;
  std::optional<stored_result<R>> value_;
  std::exception_ptr error_;
};

}  // namespace cohort::detail
