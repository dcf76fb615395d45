// Exceptions on their way from a worker to the pool.
#include <cohort/archive.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/detail/task_reply.hpp>
#include <cohort/multiprocessing/remote_error.hpp>

#include "multiprocessing/family/participant.hpp"
#include "multiprocessing/process/class_name.hpp"

#include <unistd.h>

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <typeinfo>

namespace cohort::detail {

namespace {

// Those of a system_error: the only state of a known type that is more than a text.
struct error_number {
  int value = 0;
  bool system = false;  // of the system's category; else of the generic one
};

// A line for each exception that is nested in `outer`, the next one first.
void append_nested(std::string& trace, const std::exception& outer) {
  try {
    std::rethrow_if_nested(outer);
  } catch (const std::exception& inner) {
    trace += multiprocessing::type_name(typeid(inner)) + ": " + inner.what() + "\n";
    append_nested(trace, inner);
  } catch (...) {
    trace += "an exception of unknown type\n";
  }
}

std::string this_worker_name() {
  const auto me = multiprocessing::current_participant("pool", call(call_site::unknown()));
  return "worker " + std::string(me->entry().name) + " (pid " + std::to_string(::getpid()) + ", " +
         me->memory()->header().host + ")";
}

// What it is and what became of it, nested: catch either.
template <class Standard>
std::exception_ptr with_origin(const Standard& error, const remote_error& origin) {
  try {
    try {
      throw origin;
    } catch (...) {
      std::throw_with_nested(error);
    }
  } catch (...) {
    return std::current_exception();
  }
}

template <class... Standard>
std::exception_ptr as_standard(const remote_error& origin) {
  std::exception_ptr found;
  const bool known = ((origin.type() == multiprocessing::type_name(typeid(Standard)) &&
                       (found = with_origin(Standard(origin.text()), origin), true)) ||
                      ...);
  return known ? found : nullptr;
}

std::exception_ptr rebuilt(const remote_error& origin, const error_number& number) {
  if (origin.type() == multiprocessing::type_name(typeid(std::bad_alloc))) {
    return with_origin(std::bad_alloc(), origin);
  }
  if (origin.type() == multiprocessing::type_name(typeid(std::system_error))) {
    return with_origin(std::system_error(number.value, number.system ? std::system_category()
                                                                     : std::generic_category()),
                       origin);
  }
  auto standard = as_standard<std::runtime_error, std::logic_error, std::invalid_argument,
                              std::out_of_range, std::domain_error, std::length_error,
                              std::range_error, std::overflow_error, std::underflow_error>(origin);
  return standard ? standard : std::make_exception_ptr(origin);
}

}  // namespace

void encode_error(packed_oarchive& archive, const std::exception_ptr& why) {
  remote_failure failure;
  error_number number;
  try {
    std::rethrow_exception(why);
  } catch (const std::system_error& e) {
    failure = remote_failure::of_current_exception(this_worker_name());
    append_nested(failure.trace, e);
    const bool known = e.code().category() == std::system_category() ||
                       e.code().category() == std::generic_category();
    number = {known ? e.code().value() : 0, e.code().category() == std::system_category()};
  } catch (const std::exception& e) {
    failure = remote_failure::of_current_exception(this_worker_name());
    append_nested(failure.trace, e);
  } catch (...) {
    failure = remote_failure::of_current_exception(this_worker_name());
  }
  archive << failure << number.value << (number.system ? 1 : 0);
}

std::exception_ptr decode_error(packed_iarchive& archive) {
  try {
    remote_failure failure;
    error_number number;
    int system = 0;
    archive >> failure >> number.value >> system;
    number.system = system != 0;
    return rebuilt(remote_error(std::move(failure), {.operation = "pool"}), number);
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace cohort::detail
