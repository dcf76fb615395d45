#include "multiprocessing/sync/tally.hpp"

#include <algorithm>

namespace cohort::multiprocessing {

std::uint32_t tally::slots(const region& shared) {
  return std::min(shared.header().participants_end.load(std::memory_order_acquire),
                  max_participants);
}

std::uint32_t tally::of(participant_id id) const {
  const std::uint64_t now = entries[slot_of(id)].load(std::memory_order_relaxed);
  return id_in(now) == id ? count_in(now) : 0;
}

void tally::set(participant_id id, std::uint32_t count) {
  entries[slot_of(id)].store(entry(id, count), std::memory_order_relaxed);
}

participant_id tally::anybody(const region& shared) const {
  for (std::uint32_t slot = 0; slot < slots(shared); ++slot) {
    const std::uint64_t now = entries[slot].load(std::memory_order_relaxed);
    if (count_in(now) != 0) return id_in(now);
  }
  return 0;
}

}  // namespace cohort::multiprocessing
