// One member's part of the arena, from which it alone allocates. Its books are private memory, so
// nobody can find them half written after a death.
#pragma once

#include "runtime/arena.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace cohort::runtime {

class heap {
 public:
  heap(arena& memory, std::uint32_t member)
      : memory_(memory),
        next_(memory.map().heap(member)),
        reserved_(next_),
        end_(next_ + heap_bytes) {}

  // Room for `bytes`, on a cache line of its own and from one page up on a page of its own.
  // Returns its offset. Throws resource_error. Contents are what they are.
  std::uint64_t allocate(std::uint64_t bytes);
  // Takes back what allocate(bytes) gave. Only when no peer looks at it any more. Where there is no
  // memory for a note of it, it is not given out again.
  void free(std::uint64_t offset, std::uint64_t bytes) noexcept;

 private:
  arena& memory_;
  std::uint64_t next_;      // first byte never given out
  std::uint64_t reserved_;  // first byte whose page may not exist yet
  std::uint64_t end_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> free_;  // by size: few sizes exist
};

}  // namespace cohort::runtime
