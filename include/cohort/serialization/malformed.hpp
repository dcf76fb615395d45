// How archives report bytes that make no sense, and values that can't be packed.
#pragma once

#include <cohort/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace cohort::detail {

// Out of line and cold, so that the checks cost their callers a compare and a branch.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_malformed(const std::string& problem) {
  error_context context;
  context.operation = "unpack";
  throw archive_error("the archive is malformed: " + problem, context);
}

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_cut_short(const char* what,
                                                                   std::size_t wanted,
                                                                   std::size_t left) {
  throw_malformed(std::string(what) + " needs " + std::to_string(wanted) + " bytes, " +
                  std::to_string(left) + " are left");
}

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_bad_length(const char* what,
                                                                    std::uint64_t length,
                                                                    std::size_t each,
                                                                    std::size_t left) {
  throw_malformed(std::string(what) + " claims " + std::to_string(length) +
                  " elements of at least " + std::to_string(each) + " bytes each, " +
                  std::to_string(left) + " bytes are left");
}

[[noreturn, gnu::cold, gnu::noinline]] inline void throw_unpackable(const std::string& problem) {
  error_context context;
  context.operation = "pack";
  throw archive_error("the value can't be packed: " + problem, context);
}

}  // namespace cohort::detail
