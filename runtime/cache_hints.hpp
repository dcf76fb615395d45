// Hints to the caches about lines that pass from one processor to another. They change no result,
// only when a line moves; processors without such an instruction ignore it.
#pragma once

#include "runtime/layout.hpp"

#include <cstddef>

namespace cohort::runtime {

// We are about to write this line, and another processor has read it: takes it back meanwhile, so
// that the store does not wait for it. (Written out, since gcc makes __builtin_prefetch for writing
// a prefetch for reading on x86-64 unless told that the processor has more.)
inline void own_soon(const std::byte* line) noexcept {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(*line));
#else
  __builtin_prefetch(line, 1);
#endif
}
inline void own_soon(const std::byte* first, std::size_t bytes) noexcept {
  for (std::size_t i = 0; i < bytes; i += cache_line) own_soon(first + i);
}

// We have written this line, and another processor is about to read it: puts it into the cache that
// both share, from where it comes sooner than out of ours.
inline void share_soon(const std::byte* line) noexcept {
#if defined(__x86_64__)
  asm volatile("cldemote %0" : : "m"(*line));
#else
  static_cast<void>(line);
#endif
}

}  // namespace cohort::runtime
