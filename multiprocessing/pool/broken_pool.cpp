#include "multiprocessing/pool/broken_pool.hpp"

#include <cohort/error.hpp>

#include <string>

namespace cohort::multiprocessing {

std::exception_ptr broken_pool(const std::exception_ptr& cause, const char* why,
                               const char* operation) {
  std::string text = "an exception of unknown type";
  try {
    std::rethrow_exception(cause);
  } catch (const std::exception& failed) {
    text = failed.what();
  } catch (...) {  // NOLINT(bugprone-empty-catch): the text says so
  }
  try {
    std::rethrow_exception(cause);
  } catch (...) {
    try {
      std::throw_with_nested(closed_error(
          "the pool is broken, since " + std::string(why) + ": " + text, {.operation = operation}));
    } catch (...) {
      return std::current_exception();
    }
  }
}

}  // namespace cohort::multiprocessing
