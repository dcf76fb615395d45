// An array that processes share, with a lock of its own.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/recursive_mutex.hpp>
#include <cohort/multiprocessing/shared_memory.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>

namespace cohort {

// As shared_span, and with a lock: a new one, or one that guards other things as well. A copy means
// the same array and the same lock. Single elements are read and written without it.
//
//   cohort::array<int> counts(10);
//   { std::scoped_lock lock(counts.get_lock()); ++counts[3]; }
template <class T>
class array {
 public:
  using value_type = T;
  using iterator = typename shared_span<T>::iterator;

  // No elements: a handle to read another into.
  array() = default;
  // Zeros. Throws resource_error where there is no room, usage_error without an environment.
  explicit array(std::size_t count, call where = {})
      : array(count, recursive_mutex(where), where) {}
  array(std::size_t count, recursive_mutex lock, call where = {})
      : elements_(count, where), lock_(lock) {}
  array(std::initializer_list<T> values, call where = {}) : array(values.size(), where) {
    std::copy(values.begin(), values.end(), begin());
  }

  recursive_mutex& get_lock() noexcept { return lock_; }

  T* data() const noexcept { return elements_.data(); }
  std::size_t size() const noexcept { return elements_.size(); }
  bool empty() const noexcept { return elements_.empty(); }
  T& operator[](std::size_t index) const noexcept { return elements_[index]; }
  iterator begin() const noexcept { return elements_.begin(); }
  iterator end() const noexcept { return elements_.end(); }
  std::span<T> span() const noexcept { return elements_.span(); }
  operator std::span<T>() const noexcept { return elements_.span(); }

  friend bool operator==(const array& a, const array& b) { return a.elements_ == b.elements_; }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& elements_& lock_;
  }

 private:
  shared_span<T> elements_;
  recursive_mutex lock_;
};

}  // namespace cohort
