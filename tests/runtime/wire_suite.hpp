// The conformance suite of the contract in runtime/wire.hpp: for which wires, and for which paths
// of them, the tests in wire_*_test.cpp run, and what they have in common.
#pragma once

#include "runtime/time_limit.hpp"
#include "runtime/wire_world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cohort::test {

// Everything a wire can do at its best.
struct single_copy {
  static constexpr bool fences = false;
  static void adjust(runtime::settings&) {}
};
// Long messages in blocks, as where the kernel forbids to read other processes.
struct two_copies {
  static constexpr bool fences = false;
  static void adjust(runtime::settings& s) { s.single_copy = false; }
};
// No membarrier; the longest messages that blocks carry.
struct fences_and_blocks {
  static constexpr bool fences = true;
  static void adjust(runtime::settings& s) {
    s.membarrier = false;
    s.single_copy = false;
    s.eager_limit = 64 * 1024;
  }
};
// Nothing but offers.
struct nothing_eager {
  static constexpr bool fences = true;
  static void adjust(runtime::settings& s) { s.eager_limit = 0; }
};

// Longer than any wire moves in one poll, so that a test can look between its parts; and how many
// polls are enough to see every state of it.
inline constexpr std::uint64_t several_polls = (std::uint64_t{9} << 20) + 1;
inline constexpr int states = 10;

template <class World>
class wire_suite : public testing::Test {
 protected:
  // Lengths around every limit of every wire.
  static std::vector<std::uint64_t> lengths(std::uint64_t eager_limit) {
    std::vector<std::uint64_t> result{0, 1, 3, 7, 15, 16, 31, 33};
    for (const std::uint64_t limit :
         {std::uint64_t{48}, std::uint64_t{4096}, eager_limit, std::uint64_t{16} << 10,
          std::uint64_t{64} << 10, std::uint64_t{128} << 10, std::uint64_t{256} << 10}) {
      if (limit == 0) continue;
      for (const std::uint64_t length : {limit - 1, limit, limit + 1}) result.push_back(length);
    }
    result.push_back((std::uint64_t{1} << 20) + 3);
    result.push_back(several_polls);
    return result;
  }

  time_limit limit_;
  World world_{3};
};

using wires = testing::Types<shm_world<single_copy>, shm_world<two_copies>,
                             shm_world<fences_and_blocks>, shm_world<nothing_eager>>;
struct wire_names {
  template <class World>
  static std::string GetName(int index) {
    return std::vector<std::string>{"shm_single_copy", "shm_two_copies", "shm_fences_and_blocks",
                                    "shm_nothing_eager"}[static_cast<std::size_t>(index)];
  }
};

}  // namespace cohort::test
