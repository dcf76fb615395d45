#include "runtime/process_copy.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

namespace cohort::runtime {

namespace {

// The kernel moves at most 2 GiB less a page in one call.
constexpr std::uint64_t largest_call = std::uint64_t{1} << 30;

template <class Call>
copy_result repeat(std::uint64_t bytes, Call&& call) {
  std::uint64_t done = 0;
  while (done < bytes) {
    const ssize_t moved = call(done, std::min(largest_call, bytes - done));
    if (moved > 0) {
      done += static_cast<std::uint64_t>(moved);
    } else if (moved == 0 || errno == ESRCH) {
      return copy_result::no_process;
    } else if (errno == EFAULT) {
      return copy_result::bad_address;
    } else if (errno != EINTR) {
      return copy_result::refused;
    }
  }
  return copy_result::done;
}

iovec piece(std::uint64_t address, std::uint64_t bytes) {
  return {reinterpret_cast<void*>(address), bytes};
}

}  // namespace

copy_result read_process(std::int32_t pid, void* to, std::uint64_t from, std::uint64_t bytes) {
  const auto here = reinterpret_cast<std::uint64_t>(to);
  return repeat(bytes, [&](std::uint64_t done, std::uint64_t count) {
    const iovec local = piece(here + done, count);
    const iovec remote = piece(from + done, count);
    return ::process_vm_readv(pid, &local, 1, &remote, 1, 0);
  });
}

copy_result write_process(std::int32_t pid, std::uint64_t to, const void* from,
                          std::uint64_t bytes) {
  const auto here = reinterpret_cast<std::uint64_t>(from);
  return repeat(bytes, [&](std::uint64_t done, std::uint64_t count) {
    const iovec local = piece(here + done, count);
    const iovec remote = piece(to + done, count);
    return ::process_vm_writev(pid, &local, 1, &remote, 1, 0);
  });
}

}  // namespace cohort::runtime
