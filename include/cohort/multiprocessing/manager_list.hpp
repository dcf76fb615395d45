// Lists and arrays in a manager's server.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/manager_proxy.hpp>

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {

// What the server does. Where there is no such item: false, or nothing.
template <class T>
struct list_functions {
  using list = std::vector<T>;
  static std::optional<T> get(const list& l, std::size_t index) {
    return index < l.size() ? std::optional<T>(l[index]) : std::nullopt;
  }
  static bool set(list& l, std::size_t index, T value) {
    if (index >= l.size()) return false;
    l[index] = std::move(value);
    return true;
  }
  static void push_back(list& l, T value) { l.push_back(std::move(value)); }
  static std::optional<T> pop_back(list& l) {
    if (l.empty()) return std::nullopt;
    std::optional<T> last(std::move(l.back()));
    l.pop_back();
    return last;
  }
  static bool insert(list& l, std::size_t index, T value) {
    if (index > l.size()) return false;
    l.insert(l.begin() + static_cast<std::ptrdiff_t>(index), std::move(value));
    return true;
  }
  static bool erase(list& l, std::size_t index) {
    if (index >= l.size()) return false;
    l.erase(l.begin() + static_cast<std::ptrdiff_t>(index));
    return true;
  }
  static void append(list& l, list items) {
    l.insert(l.end(), std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
  }
  static std::size_t size(const list& l) { return l.size(); }
  static void clear(list& l) { l.clear(); }
  static list copy(const list& l) { return l; }
};

}  // namespace detail

// Items by index, as many as there were in the beginning. Every function is one call, hence atomic,
// and throws what proxy::call throws; std::out_of_range where there is no such item.
//
//   auto a = manager.make_array<double>(8);
//   a[3] = 0.5;
//   double x = a[3];
template <class T>
class managed_array : public proxy<std::vector<T>> {
 protected:
  using functions = detail::list_functions<T>;

 public:
  managed_array() noexcept = default;
  explicit managed_array(proxy<std::vector<T>> object) noexcept
      : proxy<std::vector<T>>(std::move(object)) {}

  // What a[i] stands for: to be assigned to, or read.
  class element {
   public:
    const element& operator=(const T& value) const {
      of_.set(index_, value, where_);
      return *this;
    }
    const element& operator=(const element& other) const { return *this = T(other); }
    operator T() const { return of_.at(index_, where_); }

   private:
    friend class managed_array;
    element(const managed_array& of, std::size_t index, const call& where)
        : of_(of), index_(index), where_(where) {}
    element(const element&) = default;

    const managed_array& of_;
    const std::size_t index_;
    const call where_;
  };
  [[gnu::noinline]] element operator[](std::size_t index) const {
    return element(*this, index, call_site::at(__builtin_return_address(0)));
  }

  T at(std::size_t index, call where = {}) const {
    auto value = this->template call_at<&functions::get>(where, index);
    check(value.has_value(), index);
    return std::move(*value);
  }
  void set(std::size_t index, const T& value, call where = {}) const {
    check(this->template call_at<&functions::set>(where, index, value), index);
  }
  std::size_t size(call where = {}) const {
    return this->template call_at<&functions::size>(where);
  }
  bool empty(call where = {}) const { return size(where) == 0; }
  // All items, as at one moment.
  std::vector<T> copy(call where = {}) const {
    return this->template call_at<&functions::copy>(where);
  }

 protected:
  static void check(bool there, std::size_t index) {
    if (!there) throw std::out_of_range("there is no item " + std::to_string(index));
  }
};

// The same with items that come and go.
//
//   auto l = manager.make_list<std::string>();
//   l.push_back("first");
template <class T>
class managed_list : public managed_array<T> {
  using typename managed_array<T>::functions;

 public:
  using managed_array<T>::managed_array;

  void push_back(const T& value, call where = {}) const {
    this->template call_at<&functions::push_back>(where, value);
  }
  // Takes the last one, if there is one.
  std::optional<T> pop_back(call where = {}) const {
    return this->template call_at<&functions::pop_back>(where);
  }
  // Before the item that has this index.
  void insert(std::size_t index, const T& value, call where = {}) const {
    this->check(this->template call_at<&functions::insert>(where, index, value), index);
  }
  void erase(std::size_t index, call where = {}) const {
    this->check(this->template call_at<&functions::erase>(where, index), index);
  }
  void append(const std::vector<T>& items, call where = {}) const {
    this->template call_at<&functions::append>(where, items);
  }
  void clear(call where = {}) const { this->template call_at<&functions::clear>(where); }
};

}  // namespace cohort
