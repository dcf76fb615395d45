// How many of something each participant has: permits, shared locks, threads that wait.
#pragma once

#include "multiprocessing/family/region.hpp"

#include <cstdint>

namespace cohort::multiprocessing {

// In shared memory, of zeroed bytes. An entry is written by one store, with its participant's id,
// so that it counts nothing for the next process in the same place. Changed under the lock of what
// it belongs to.
struct tally {
  shared_u64 entries[max_participants];

  std::uint32_t of(participant_id id) const;
  void set(participant_id id, std::uint32_t count);
  // Adds up what the living have. Of each that has died, calls mourn() and then forgets it: who
  // dies in between leaves it to be found again.
  template <class Mourn>
  std::uint32_t recount(const region& shared, Mourn&& mourn);
  std::uint32_t recount(const region& shared) {
    return recount(shared, [] {});
  }
  // Somebody who has at least one; 0 where nobody has.
  participant_id anybody(const region& shared) const;

 private:
  static constexpr std::uint64_t entry(participant_id id, std::uint32_t count) {
    return std::uint64_t{id} << 32 | count;
  }
  static constexpr participant_id id_in(std::uint64_t entry) {
    return static_cast<participant_id>(entry >> 32);
  }
  static constexpr std::uint32_t count_in(std::uint64_t entry) {
    return static_cast<std::uint32_t>(entry);
  }
  static std::uint32_t slots(const region& shared);
};

template <class Mourn>
std::uint32_t tally::recount(const region& shared, Mourn&& mourn) {
  std::uint32_t total = 0;
  for (std::uint32_t slot = 0; slot < slots(shared); ++slot) {
    const std::uint64_t now = entries[slot].load(std::memory_order_relaxed);
    if (count_in(now) == 0) continue;
    if (shared.alive(id_in(now))) {
      total += count_in(now);
    } else {
      mourn();
      entries[slot].store(0, std::memory_order_relaxed);
    }
  }
  return total;
}

}  // namespace cohort::multiprocessing
