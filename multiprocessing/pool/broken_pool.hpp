// The error of all tasks of a pool whose workers can't begin.
#pragma once

#include <exception>

namespace cohort::multiprocessing {

// closed_error with the cause in its text and nested in it. `why`: "its initializer has failed".
std::exception_ptr broken_pool(const std::exception_ptr& cause, const char* why,
                               const char* operation);

}  // namespace cohort::multiprocessing
