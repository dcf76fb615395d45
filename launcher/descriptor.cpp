// Descriptors: pipes, non-blocking twins, and room for many.
#include "launcher/descriptor.hpp"

#include <cohort/error.hpp>

#include "runtime/system.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cerrno>

namespace cohort::launcher {

void throw_system_error(const std::string& what, const std::string& remedy) {
  const int code = errno;
  throw resource_error(what + ": " + runtime::describe_errno(code) + "; " + remedy,
                       {.operation = "launch"});
}

pipe_ends make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw_system_error("can't make a pipe", "start fewer ranks or raise `ulimit -n`");
  }
  return {unique_descriptor(ends[0]), unique_descriptor(ends[1])};
}

void set_nonblocking(const unique_descriptor& descriptor) {
  const int flags = ::fcntl(descriptor.get(), F_GETFL);
  if (flags < 0 || ::fcntl(descriptor.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    throw_system_error("can't make a descriptor non-blocking", "this is an error of the launcher");
  }
}

unique_descriptor reopen_nonblocking(int descriptor, int access_mode) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return {};
  const bool terminal = S_ISCHR(status.st_mode) && ::isatty(descriptor) == 1;
  if (!S_ISFIFO(status.st_mode) && !terminal) return {};
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  return unique_descriptor(::open(path.c_str(), access_mode | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

void fill_standard_descriptors() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one: those below are open by now.
    if (::open("/dev/null", O_RDWR) != descriptor) {
      throw_system_error("can't open /dev/null", "start the launcher with descriptors 0 to 2 open");
    }
  }
}

void make_room_for_descriptors(std::size_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw_system_error("can't read the limit on descriptors", "see getrlimit(2)");
  }
  if (limit.rlim_cur >= wanted) return;
  if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < wanted) {
    throw resource_error(
        "this many ranks need " + std::to_string(wanted) + " descriptors and the hard limit is " +
            std::to_string(limit.rlim_max) + "; raise it (`ulimit -Hn`) or start fewer ranks",
        {.operation = "launch"});
  }
  limit.rlim_cur = wanted;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw_system_error("can't raise the limit on descriptors", "raise `ulimit -n`");
  }
}

}  // namespace cohort::launcher
