// The few system calls that the runtime lives on, each checked.
#pragma once

#include "runtime/layout.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace cohort::runtime {

// Nanoseconds on the steady clock.
std::int64_t steady_now() noexcept;

inline void cpu_relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// A pause of some hundred nanoseconds, for a receiver of a stream of small messages that has caught
// up with the sender. Looking again at once takes the very line from the sender that it is about to
// write, so that each message costs two transfers of a line one after the other: 180 ns. Some lines
// behind, transfers overlap: 40 ns.
inline void let_sender_run_ahead() noexcept {
  for (int i = 0; i < 8; ++i) cpu_relax();
}

// Sleeps while `word` holds `expected`, at most until `deadline` (steady clock, nanoseconds). May
// return early for any reason; callers look again.
void futex_wait(const shared_u32& word, std::uint32_t expected, std::int64_t deadline) noexcept;
// The same for several words, at most most_watched: sleeps while each holds what is expected.
struct futex_watch {
  const shared_u32* word;
  std::uint32_t expected;
};
inline constexpr std::size_t most_watched = 4;
void futex_wait(std::span<const futex_watch> words, std::int64_t deadline) noexcept;
// Wakes `count` of those who sleep on `word`, in any process.
inline constexpr int everybody = std::numeric_limits<int>::max();
void futex_wake(const shared_u32& word, int count = everybody) noexcept;

// A barrier on every processor that runs a registered process, so that a store before it and a
// plain load in another process can be ordered without a fence in that process.
// Both return false where the kernel refuses.
bool membarrier_register() noexcept;
bool membarrier_everywhere() noexcept;

// "Cannot allocate memory (ENOMEM)" for an errno value.
std::string describe_errno(int code);

// What tells a pipe from all others while it is open; 0 for what is no pipe.
std::uint64_t pipe_inode(int descriptor) noexcept;

// Processors that this process may use: its affinity, cut down to the CPU quota of its cgroup.
std::uint32_t usable_processors();

}  // namespace cohort::runtime
