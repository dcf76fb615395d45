// Attributes by name in a manager's server, each of a type of its own.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/manager_proxy.hpp>

#include <any>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cohort {

namespace detail {

// What the server does.
struct namespace_functions {
  using attributes = std::map<std::string, std::any>;

  enum class outcome { found, missing, of_another_type };
  template <class T>
  static std::pair<outcome, T> get(const attributes& all, const std::string& name) {
    const auto found = all.find(name);
    if (found == all.end()) return {outcome::missing, T()};
    const T* const value = std::any_cast<T>(&found->second);
    return value ? std::pair(outcome::found, *value) : std::pair(outcome::of_another_type, T());
  }
  template <class T>
  static void set(attributes& all, std::string name, T value) {
    all.insert_or_assign(std::move(name), std::any(std::move(value)));
  }
  static bool contains(const attributes& all, const std::string& name);
  static bool erase(attributes& all, const std::string& name);
  static std::vector<std::string> names(const attributes& all);
};

[[noreturn]] void throw_no_attribute(const std::string& name);
[[noreturn]] void throw_attribute_type(const std::string& name, const char* wanted,
                                       const cohort::call& where);

}  // namespace detail

//   auto settings = manager.make_namespace();
//   settings.set("title", std::string("Moby-Dick"));
//   auto title = settings.get<std::string>("title");
//
// Every function is one call, hence atomic, and throws what proxy::call throws.
class managed_namespace : public proxy<detail::namespace_functions::attributes> {
  using functions = detail::namespace_functions;

 public:
  managed_namespace() noexcept = default;
  explicit managed_namespace(proxy<functions::attributes> object) noexcept
      : proxy<functions::attributes>(std::move(object)) {}

  // The value is kept as the type it has here; literals as std::string.
  template <class T>
  void set(const std::string& name, const T& value, cohort::call where = {}) const {
    call_at<&functions::set<detail::shipped_t<T>>>(where, name, value);
  }
  // Throws std::out_of_range where there is no such attribute, type_error where it was set to a
  // value that is no T.
  template <class T>
  T get(const std::string& name, cohort::call where = {}) const {
    auto [how, value] = call_at<&functions::get<T>>(where, name);
    if (how == functions::outcome::missing) detail::throw_no_attribute(name);
    if (how == functions::outcome::of_another_type)
      detail::throw_attribute_type(name, detail::signature_text<T>.text, where);
    return std::move(value);
  }
  bool contains(const std::string& name, cohort::call where = {}) const {
    return call_at<&functions::contains>(where, name);
  }
  // Whether there was one.
  bool erase(const std::string& name, cohort::call where = {}) const {
    return call_at<&functions::erase>(where, name);
  }
  std::vector<std::string> names(cohort::call where = {}) const {
    return call_at<&functions::names>(where);
  }
};

}  // namespace cohort
