// What both semaphores ask of their arguments, and what they say.
#pragma once

#include <cohort/call.hpp>

#include <cstddef>
#include <cstdint>

namespace cohort::multiprocessing {

// `where`, if a semaphore can begin with so many permits. Throws argument_error.
const call& permitted(const char* class_name, std::ptrdiff_t permits, const call& where);
// Throws argument_error where `count` is out of range.
std::uint32_t permits_to_release(const char* class_name, std::ptrdiff_t count, const call& where);
[[noreturn]] void throw_no_permit(const char* class_name, const call& where);

}  // namespace cohort::multiprocessing
