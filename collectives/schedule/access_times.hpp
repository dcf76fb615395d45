// When a schedule reads and writes each slot, in the order of what one rank does.
#pragma once

#include "collectives/schedule/schedule.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace cohort::collectives {

// Moments of a run: the messages of a round are one moment, each local step after them another.
using moment = std::uint64_t;
inline constexpr moment never_read = 0;
inline constexpr moment at_the_end = std::numeric_limits<moment>::max();
constexpr moment messages_of(std::size_t round) {
  return static_cast<moment>(round + 1) << 32;
}

struct access_times {
  explicit access_times(const schedule& plan)
      : last_read(plan.slots, never_read), first_write(plan.slots, at_the_end) {
    const auto read = [&](slot s, moment when) { last_read[s] = std::max(last_read[s], when); };
    const auto write = [&](slot s, moment when) {
      first_write[s] = std::min(first_write[s], when);
    };
    for (std::size_t r = 0; r < plan.rounds.size(); ++r) {
      moment now = messages_of(r);
      for (const transfer& t : plan.rounds[r].sends) {
        for (const slot s : t.slots) read(s, now);
      }
      for (const transfer& t : plan.rounds[r].receives) {
        for (const slot s : t.slots) write(s, now);
      }
      for (const local_step& step : plan.rounds[r].after) {
        ++now;
        read(step.left, now);
        read(step.right, now);
        write(step.into, now);
      }
    }
  }

  std::vector<moment> last_read;    // but for stores
  std::vector<moment> first_write;  // at_the_end: never
};

}  // namespace cohort::collectives
