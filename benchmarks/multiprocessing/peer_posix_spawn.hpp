// The layer over posix_spawn and waitpid.
#pragma once

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>
#include <system_error>

namespace layer {

struct environment {
  environment(int&, char**&) {}
};

// Runs a command without arguments, which must succeed.
inline void run(char* path) {
  char* const arguments[] = {path, nullptr};
  pid_t pid = 0;
  if (const int failure = posix_spawn(&pid, path, nullptr, nullptr, arguments, environ))
    throw std::system_error(failure, std::generic_category(), path);
  int status = 0;
  if (waitpid(pid, &status, 0) != pid || status != 0)
    throw std::runtime_error(std::string(path) + " failed");
}

}  // namespace layer
