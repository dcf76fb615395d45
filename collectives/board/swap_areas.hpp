// Staging areas of two ranks that change hands: who has read one shows its own bytes in it next.
#pragma once

#include "collectives/board/post.hpp"

#include <array>
#include <cstdint>

namespace cohort::collectives {

// A line that its reader writes next crosses between the cores once per message. In an area that
// stays with its writer it crosses twice, for the writer must take it back first: an exchange of
// 64 KiB takes 13 us that way, 8 us this way.
//
// Each rank contributes one area to every pair. At each use of a pair both ranks count on, and
// write to different areas of it, by turns. Invariant: a rank writes to an area only when it has
// itself read what the other has shown there since, or when the other has entered a step after the
// one in which this rank's own bytes were shown there (board::swap_area).
struct swap_areas {
  static constexpr std::uint32_t pairs = 2;
  static constexpr std::uint64_t area_bytes = 32 * 1024;

  std::uint64_t own = 0;     // offset of this rank's area of the first pair; the others follow it
  std::uint64_t others = 0;  // the same of the other rank; 0: not told yet
  std::array<std::uint32_t, pairs> uses{};  // the same on both ranks
  // The last step in which this rank showed something in either area.
  std::array<std::array<step_number, 2>, pairs> shown{};
};

}  // namespace cohort::collectives
