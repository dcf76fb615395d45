#include "runtime/process_handle.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace cohort::runtime {

process_handle::process_handle(std::int32_t pid) noexcept
    : descriptor_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {}

process_handle::~process_handle() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool process_handle::alive() const noexcept {
  // Readable: it has ended. Whatever else happens is taken for that, too.
  pollfd watched{descriptor_, POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&watched, 1, 0);
  } while (ready < 0 && errno == EINTR);
  return attached() && ready == 0;
}

}  // namespace cohort::runtime
