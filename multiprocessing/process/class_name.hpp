// Names of types for people.
#pragma once

#include <string>
#include <typeinfo>

namespace cohort::multiprocessing {

// As in the source: "std::runtime_error".
std::string type_name(const std::type_info& type);

}  // namespace cohort::multiprocessing
