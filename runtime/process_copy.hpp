// Copies between the memories of two processes of one user, by the kernel.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cohort::runtime {

enum class copy_result {
  done,
  refused,  // the kernel does not allow it (or has no such call)
  no_process,
  bad_address,
};

// Both move exactly `bytes` or say why not; part of the target may be written then. Interrupted and
// partial copies are continued.
copy_result read_process(std::int32_t pid, void* to, std::uint64_t from, std::uint64_t bytes);
copy_result write_process(std::int32_t pid, std::uint64_t to, const void* from,
                          std::uint64_t bytes);

}  // namespace cohort::runtime
