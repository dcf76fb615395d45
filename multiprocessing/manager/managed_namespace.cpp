#include <cohort/error.hpp>
#include <cohort/multiprocessing/manager_namespace.hpp>

namespace cohort::detail {

bool namespace_functions::contains(const attributes& all, const std::string& name) {
  return all.contains(name);
}

bool namespace_functions::erase(attributes& all, const std::string& name) {
  return all.erase(name) != 0;
}

std::vector<std::string> namespace_functions::names(const attributes& all) {
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const auto& [name, value] : all) names.push_back(name);
  return names;
}

void throw_no_attribute(const std::string& name) {
  throw std::out_of_range("the namespace has no attribute \"" + name + '"');
}

void throw_attribute_type(const std::string& name, const char* wanted, const call& where) {
  throw type_error("the attribute \"" + name + "\" was set to a value that is no " + wanted,
                   {.operation = "get", .site = where.site});
}

}  // namespace cohort::detail
