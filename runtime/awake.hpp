// Which members want a processor: what tells a waiting member whether to spin or to yield.
#pragma once

#include "runtime/layout.hpp"

#include <bit>
#include <cstdint>

namespace cohort::runtime {

// All of this is a heuristic for waiting, so every access is relaxed.
inline void mark_awake(arena_header& job, std::uint32_t slot) {
  job.awake[slot / 64].fetch_or(std::uint64_t{1} << (slot % 64), std::memory_order_relaxed);
}
inline void mark_not_awake(arena_header& job, std::uint32_t slot) {
  job.awake[slot / 64].fetch_and(~(std::uint64_t{1} << (slot % 64)), std::memory_order_relaxed);
}
inline std::uint32_t awake_members(const arena_header& job) {
  std::uint32_t count = 0;
  for (std::uint32_t w = 0; w < (job.capacity + 63) / 64; ++w) {
    count +=
        static_cast<std::uint32_t>(std::popcount(job.awake[w].load(std::memory_order_relaxed)));
  }
  return count;
}

inline std::uint32_t awake_children(const arena_header& job) {
  std::uint32_t count = 0;
  for (const shared_u64& bits : job.children_awake) {
    count += static_cast<std::uint32_t>(std::popcount(bits.load(std::memory_order_relaxed)));
  }
  return count;
}

// Whether more processes of the job want to run than there are processors. Where each has one, that
// takes no look at what others write often.
inline bool crowded(const arena_header& job) {
  const std::uint32_t children = job.children.load(std::memory_order_relaxed);
  if (job.ranks + children <= job.processors) [[likely]]
    return false;
  return awake_members(job) + (children == 0 ? 0 : awake_children(job)) > job.processors;
}

}  // namespace cohort::runtime
