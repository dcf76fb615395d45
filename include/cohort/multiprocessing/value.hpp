// One value that processes share, with a lock of its own.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/recursive_mutex.hpp>
#include <cohort/multiprocessing/shared_memory.hpp>

#include <concepts>
#include <functional>
#include <mutex>
#include <utility>

namespace cohort {

// A copy means the same value and the same lock, which is a new one, or one that guards other
// things as well. T is as in shared_span.
//
//   cohort::value<int> count(100);
//   count.update([](int& n) { --n; });            // in any process
//   std::cout << count.load() << '\n';
//
// The functions that lock throw owner_died where a process died that had the lock: the value may be
// half changed (owner_died.hpp).
template <class T>
class value {
 public:
  using value_type = T;

  // Throws resource_error, usage_error without an environment.
  value() : value(T{}) {}
  explicit value(const T& initial, call where = {})
      : value(initial, recursive_mutex(where), where) {}
  value(const T& initial, recursive_mutex lock, call where = {}) : cell_(1, where), lock_(lock) {
    cell_[0] = initial;
  }

  // A copy of it, read under the lock.
  T load() const {
    const std::scoped_lock lock(lock_);
    return cell_[0];
  }
  void store(const T& wanted) {
    const std::scoped_lock lock(lock_);
    cell_[0] = wanted;
  }
  // Calls f(T&) under the lock and returns what it returns.
  template <std::invocable<T&> F>
  decltype(auto) update(F&& f) {
    const std::scoped_lock lock(lock_);
    return std::invoke(std::forward<F>(f), cell_[0]);
  }

  recursive_mutex& get_lock() noexcept { return lock_; }
  // The value itself, without the lock.
  T& get() const noexcept { return cell_[0]; }

  friend bool operator==(const value& a, const value& b) { return a.cell_ == b.cell_; }

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& cell_& lock_;
  }

 private:
  shared_span<T> cell_;
  mutable recursive_mutex lock_;
};

}  // namespace cohort
