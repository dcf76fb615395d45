#include "runtime/system.hpp"

#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>

namespace cohort::runtime {

namespace {

// The CPU quota in processors that a cgroup v2 file states ("200000 100000"; "max 100000": none).
double quota_of(const std::string& path) {
  std::ifstream file(path);
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) {
    return std::numeric_limits<double>::infinity();
  }
  const double microseconds = std::strtod(quota.c_str(), nullptr);
  return microseconds > 0 ? microseconds / period : std::numeric_limits<double>::infinity();
}

// The tightest quota between this process's cgroup and the root.
double cgroup_quota() {
  double tightest = std::numeric_limits<double>::infinity();
  std::ifstream membership("/proc/self/cgroup");
  for (std::string line; std::getline(membership, line);) {
    if (line.rfind("0::", 0) != 0) continue;
    std::string path = line.substr(3);
    for (;;) {
      tightest = std::min(tightest, quota_of("/sys/fs/cgroup" + path + "/cpu.max"));
      const auto cut = path.find_last_of('/');
      if (cut == std::string::npos || path == "/") break;
      path = cut == 0 ? std::string("/") : path.substr(0, cut);
    }
  }
  std::ifstream quota_v1("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream period_v1("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double quota = 0, period = 0;
  if (quota_v1 >> quota && period_v1 >> period && quota > 0 && period > 0) {
    tightest = std::min(tightest, quota / period);
  }
  return tightest;
}

// nullptr where there is no deadline.
const timespec* absolute_time(std::int64_t deadline, timespec& place) {
  if (deadline == std::numeric_limits<std::int64_t>::max()) return nullptr;
  const std::int64_t positive = std::max<std::int64_t>(deadline, 0);
  place.tv_sec = positive / 1'000'000'000;
  place.tv_nsec = positive % 1'000'000'000;
  return &place;
}

}  // namespace

std::int64_t steady_now() noexcept {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);  // cannot fail with this clock
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

void futex_wait(const shared_u32& word, std::uint32_t expected, std::int64_t deadline) noexcept {
  timespec until{};
  const timespec* limit = absolute_time(deadline, until);
  // WAIT_BITSET takes an absolute time on the steady clock. Not PRIVATE: the word is shared between
  // processes. Every outcome (woken, changed, timed out, interrupted) means the same: look again.
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, limit, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void futex_wait(std::span<const futex_watch> words, std::int64_t deadline) noexcept {
  futex_waitv waiters[most_watched] = {};
  for (std::size_t i = 0; i < words.size(); ++i) {
    waiters[i].uaddr = reinterpret_cast<std::uintptr_t>(words[i].word);
    waiters[i].val = words[i].expected;
    waiters[i].flags = FUTEX_32;  // not private: shared between processes
  }
  timespec until{};
  const timespec* limit = absolute_time(deadline, until);
  const long result = syscall(SYS_futex_waitv, waiters, static_cast<unsigned>(words.size()), 0u,
                              limit, CLOCK_MONOTONIC);
  if (result >= 0 || (errno != ENOSYS && errno != EPERM)) return;
  // Before Linux 5.16, or behind a filter that does not know the call. The first word is the one
  // that news comes to; the others tell of rare events, and are looked at now and then.
  constexpr std::int64_t now_and_then = 5'000'000;
  futex_wait(*words[0].word, words[0].expected, std::min(deadline, steady_now() + now_and_then));
}

void futex_wake(const shared_u32& word, int count) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0);
}

bool membarrier_register() noexcept {
  return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

bool membarrier_everywhere() noexcept {
  return syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0) == 0;
}

std::string describe_errno(int code) {
  const char* name = strerrorname_np(code);
  return std::string(strerrordesc_np(code) ? strerrordesc_np(code) : "unknown error") + " (" +
         (name ? name : std::to_string(code).c_str()) + ")";
}

std::uint64_t pipe_inode(int descriptor) noexcept {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISFIFO(status.st_mode) ? status.st_ino : 0;
}

std::uint32_t usable_processors() {
  // Affinity masks of machines with more than 1,024 processors need more room: grow until it fits.
  std::uint32_t allowed = 1;
  for (int processors = 1024; processors <= 1 << 20; processors *= 2) {
    cpu_set_t* set = CPU_ALLOC(static_cast<std::size_t>(processors));
    if (!set) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(processors));
    const bool known = sched_getaffinity(0, bytes, set) == 0;
    if (known) allowed = static_cast<std::uint32_t>(std::max(1, CPU_COUNT_S(bytes, set)));
    CPU_FREE(set);
    if (known || errno != EINVAL) break;
  }
  const double quota = std::max(1.0, std::floor(cgroup_quota()));
  return quota < allowed ? static_cast<std::uint32_t>(quota) : allowed;
}

}  // namespace cohort::runtime
