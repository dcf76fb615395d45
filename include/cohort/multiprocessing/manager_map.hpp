// A dictionary in a manager's server.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/manager_proxy.hpp>

#include <cstddef>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {

// What the server does.
template <class K, class V>
struct map_functions {
  using map = std::map<K, V>;
  static bool set(map& m, K key, V value) {
    return m.insert_or_assign(std::move(key), std::move(value)).second;
  }
  static bool insert(map& m, K key, V value) {
    return m.try_emplace(std::move(key), std::move(value)).second;
  }
  static std::optional<V> get(const map& m, const K& key) {
    const auto found = m.find(key);
    return found == m.end() ? std::nullopt : std::optional<V>(found->second);
  }
  static std::optional<V> extract(map& m, const K& key) {
    auto node = m.extract(key);
    return node.empty() ? std::nullopt : std::optional<V>(std::move(node.mapped()));
  }
  static bool contains(const map& m, const K& key) { return m.contains(key); }
  static bool erase(map& m, const K& key) { return m.erase(key) != 0; }
  static void update(map& m, map other) {
    other.merge(m);
    m.swap(other);
  }
  static std::size_t size(const map& m) { return m.size(); }
  static void clear(map& m) { m.clear(); }
  static map copy(const map& m) { return m; }
  static std::vector<K> keys(const map& m) {
    std::vector<K> keys;
    keys.reserve(m.size());
    for (const auto& [key, value] : m) keys.push_back(key);
    return keys;
  }
};

}  // namespace detail

// Keys in order, each with a value, as in std::map. Every function is one call, hence atomic;
// `d[k] = d[k] + 1` is two of them, and needs a lock or a function of the caller's (proxy::call on
// a std::map<K, V>&).
//
//   auto d = manager.make_map<std::string, int>();
//   d["key"] = 42;
//   int value = d["key"];
//
// All throw what proxy::call throws.
template <class K, class V>
class managed_map : public proxy<std::map<K, V>> {
  using functions = detail::map_functions<K, V>;

 public:
  managed_map() noexcept = default;
  explicit managed_map(proxy<std::map<K, V>> object) noexcept
      : proxy<std::map<K, V>>(std::move(object)) {}

  // What d[key] stands for: to be assigned to, or read.
  class element {
   public:
    const element& operator=(const V& value) const {
      of_.set(key_, value, where_);
      return *this;
    }
    const element& operator=(const element& other) const { return *this = V(other); }
    // As at().
    operator V() const { return of_.at(key_, where_); }

   private:
    friend class managed_map;
    element(const managed_map& of, K key, const call& where)
        : of_(of), key_(std::move(key)), where_(where) {}
    element(const element&) = default;

    const managed_map& of_;
    const K key_;
    const call where_;
  };
  [[gnu::noinline]] element operator[](K key) const {
    return element(*this, std::move(key), call_site::at(__builtin_return_address(0)));
  }

  // Throws std::out_of_range where there is no such key: reading changes nothing.
  V at(const K& key, call where = {}) const {
    if (auto value = get(key, where)) return std::move(*value);
    throw std::out_of_range("the dictionary has no such key");
  }
  std::optional<V> get(const K& key, call where = {}) const {
    return this->template call_at<&functions::get>(where, key);
  }
  // Whether there was no value before.
  bool set(const K& key, const V& value, call where = {}) const {
    return this->template call_at<&functions::set>(where, key, value);
  }
  // Leaves a value that is there: false.
  bool insert(const K& key, const V& value, call where = {}) const {
    return this->template call_at<&functions::insert>(where, key, value);
  }
  bool contains(const K& key, call where = {}) const {
    return this->template call_at<&functions::contains>(where, key);
  }
  // Whether there was one.
  bool erase(const K& key, call where = {}) const {
    return this->template call_at<&functions::erase>(where, key);
  }
  // Takes the value out, if there is one.
  std::optional<V> extract(const K& key, call where = {}) const {
    return this->template call_at<&functions::extract>(where, key);
  }
  // Sets all of them at once.
  void update(const std::map<K, V>& other, call where = {}) const {
    this->template call_at<&functions::update>(where, other);
  }
  std::size_t size(call where = {}) const {
    return this->template call_at<&functions::size>(where);
  }
  bool empty(call where = {}) const { return size(where) == 0; }
  void clear(call where = {}) const { this->template call_at<&functions::clear>(where); }
  std::vector<K> keys(call where = {}) const {
    return this->template call_at<&functions::keys>(where);
  }
  // All of it, as at one moment.
  std::map<K, V> copy(call where = {}) const {
    return this->template call_at<&functions::copy>(where);
  }
};

}  // namespace cohort
