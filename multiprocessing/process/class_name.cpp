#include "multiprocessing/process/class_name.hpp"

#include <cohort/multiprocessing/process.hpp>

#include <cxxabi.h>

#include <cstdlib>
#include <memory>

namespace cohort {

std::string multiprocessing::type_name(const std::type_info& type) {
  int problem = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &problem), std::free);
  return name ? name.get() : type.name();
}

// Without namespaces and template arguments.
std::string detail::class_name_of(const std::type_info& type) {
  std::string name = multiprocessing::type_name(type);
  name.resize(std::min(name.find('<'), name.size()));
  const auto colon = name.rfind("::");
  return colon == name.npos ? name : name.substr(colon + 2);
}

}  // namespace cohort
