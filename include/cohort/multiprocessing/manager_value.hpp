// A single value in a manager's server.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/manager_proxy.hpp>

#include <utility>

namespace cohort {

namespace detail {

template <class T>
struct value_functions {
  static T get(const T& value) { return value; }
  static void set(T& value, T now) { value = std::move(now); }
  static T exchange(T& value, T now) { return std::exchange(value, std::move(now)); }
};

}  // namespace detail

// Of any type that can be sent.
//
//   auto title = manager.make_value<std::string>("untitled");
//   title.set("Moby-Dick");
template <class T>
class managed_value : public proxy<T> {
  using functions = detail::value_functions<T>;

 public:
  managed_value() noexcept = default;
  explicit managed_value(proxy<T> object) noexcept : proxy<T>(std::move(object)) {}

  T get(call where = {}) const { return this->template call_at<&functions::get>(where); }
  void set(const T& value, call where = {}) const {
    this->template call_at<&functions::set>(where, value);
  }
  // Returns what it was.
  T exchange(const T& value, call where = {}) const {
    return this->template call_at<&functions::exchange>(where, value);
  }
};

}  // namespace cohort
