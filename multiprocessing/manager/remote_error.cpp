#include <cohort/multiprocessing/remote_error.hpp>

#include "multiprocessing/process/class_name.hpp"

#include <cxxabi.h>

#include <exception>

namespace cohort {

namespace {

std::string message_of(const remote_failure& failure) {
  std::string message = failure.process + " threw " + failure.type;
  if (!failure.text.empty()) message += ": " + failure.text;
  return message;
}

}  // namespace

remote_failure remote_failure::of_current_exception(std::string process) {
  const std::type_info* type = abi::__cxa_current_exception_type();
  remote_failure failure{
      type ? multiprocessing::type_name(*type) : "an exception of another language",
      {},
      std::move(process)};
  try {
    throw;
  } catch (const std::exception& e) {
    failure.text = e.what();
  } catch (...) {
  }
  return failure;
}

remote_error::remote_error(remote_failure failure, const error_context& context)
    : error(message_of(failure), context), failure_(std::move(failure)) {}

}  // namespace cohort
