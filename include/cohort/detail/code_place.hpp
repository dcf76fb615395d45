// A place in the code or the data of a program or library, named so that another process which runs
// the same build can find it.
#pragma once

#include <cstdint>

namespace cohort {

class packed_iarchive;
class packed_oarchive;

namespace detail {

// Addresses differ from process to process, and builds differ in their offsets; so a place is the
// build and the offset from where the module (the program, or a shared library) is loaded.
struct code_place {
  std::uint64_t module = 0;  // the first 8 bytes of its build-id
  std::uint64_t offset = 0;

  friend bool operator==(const code_place&, const code_place&) = default;
};

// Throws callable_error if no module has this address.
code_place place_of(const void* address);

// A function in an archive: its place, a word of the caller's, and a hash of both that is keyed
// with the job's cookie, so that bytes from elsewhere do not name functions. Throws argument_error
// for a null pointer, usage_error where there is no environment.
void encode_function(packed_oarchive& archive, std::uintptr_t function, std::uint64_t extra);
struct decoded_function {
  std::uintptr_t function;
  std::uint64_t extra;
};
// The function's address here, which lies in the executable part of a module. Throws archive_error
// for bytes that encode_function() in this job did not write, callable_error if the module is not
// loaded.
decoded_function decode_function(packed_iarchive& archive);

// The same for a number that stands for a function: a place in a virtual table.
void encode_function_number(packed_oarchive& archive, std::uint64_t number, std::uint64_t extra);

}  // namespace detail
}  // namespace cohort
