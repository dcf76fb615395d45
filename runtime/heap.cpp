#include "runtime/heap.hpp"

#include <cohort/error.hpp>

#include <algorithm>
#include <new>
#include <string>

namespace cohort::runtime {

namespace {

constexpr std::uint64_t round_up(std::uint64_t n, std::uint64_t unit) {
  return (n + unit - 1) / unit * unit;
}

}  // namespace

std::uint64_t heap::allocate(std::uint64_t bytes) {
  const std::uint64_t unit = bytes >= page ? page : cache_line;
  bytes = round_up(std::max<std::uint64_t>(bytes, 1), unit);
  if (const auto found = free_.find(bytes); found != free_.end() && !found->second.empty()) {
    const std::uint64_t offset = found->second.back();
    found->second.pop_back();
    return offset;
  }
  const std::uint64_t offset = round_up(next_, unit);
  if (bytes > end_ - offset) {
    throw resource_error("this rank's part of the shared memory, " +
                             std::to_string(heap_bytes >> 20) +
                             " MiB, is used up by rings and buffers; lower COHORT_EAGER_LIMIT",
                         {.operation = "arena"});
  }
  if (offset + bytes > reserved_) {
    const std::uint64_t until = round_up(offset + bytes, page);
    memory_.reserve(reserved_, until - reserved_);
    reserved_ = until;
  }
  next_ = offset + bytes;
  return offset;
}

void heap::free(std::uint64_t offset, std::uint64_t bytes) noexcept {
  const std::uint64_t unit = bytes >= page ? page : cache_line;
  try {
    free_[round_up(std::max<std::uint64_t>(bytes, 1), unit)].push_back(offset);
  } catch (const std::bad_alloc&) {
    // Lost to this rank until it ends; nothing else depends on it.
  }
}

}  // namespace cohort::runtime
