// Pipes, non-blocking twins of descriptors, and room for many.
#pragma once

#include "runtime/descriptor.hpp"

#include <unistd.h>

#include <cstddef>
#include <string>

namespace cohort::launcher {

using runtime::unique_descriptor;

struct pipe_ends {
  unique_descriptor read;
  unique_descriptor write;
};

// A close-on-exec pipe. Throws resource_error.
pipe_ends make_pipe();

void set_nonblocking(const unique_descriptor& descriptor);

// A non-blocking descriptor of the same pipe or terminal as `descriptor`. Setting O_NONBLOCK on an
// inherited descriptor itself would change it for everyone who shares it, the user's shell
// included. Empty where there is no such thing: a socket, a file, another user's terminal.
unique_descriptor reopen_nonblocking(int descriptor, int access_mode);

// Opens /dev/null for those of descriptors 0, 1 and 2 that are closed, so that no pipe of ours gets
// a number that a rank takes for its standard output.
void fill_standard_descriptors();

// Raises the soft limit on descriptors so that `wanted` fit. Throws resource_error if the hard
// limit forbids it.
void make_room_for_descriptors(std::size_t wanted);

// Throws resource_error: "<what>: <errno in words>; <remedy>".
[[noreturn]] void throw_system_error(const std::string& what, const std::string& remedy);

}  // namespace cohort::launcher
