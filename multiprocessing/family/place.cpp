#include "multiprocessing/family/place.hpp"

#include <cohort/error.hpp>

#include "multiprocessing/memory/region_lock.hpp"

#include <string>

namespace cohort::multiprocessing {

participant_id keep_place(participant& me) {
  const region& shared = me.shared();
  const region_lock lock(me);
  runtime::arena_header& job = shared.memory().header();
  region_header& head = shared.header();
  for (std::uint32_t slot = job.ranks; slot < max_participants; ++slot) {
    participant_entry& place = shared.participant(slot);
    if (place.state.load(std::memory_order_acquire) != participant_state::vacant) continue;
    const std::uint32_t before = place.incarnation.load(std::memory_order_relaxed);
    const std::uint32_t incarnation = before == last_incarnation ? 1 : before + 1;
    // Release: who finds the one before gone by this comes after all that it has done.
    place.incarnation.store(incarnation, std::memory_order_release);
    place.pid.store(0, std::memory_order_relaxed);
    place.wait_status.store(0, std::memory_order_relaxed);
    place.parent.store(me.id(), std::memory_order_relaxed);
    place.member.store(0, std::memory_order_relaxed);
    place.started.store(0, std::memory_order_relaxed);
    place.doorbell.sleepers.store(0, std::memory_order_relaxed);
    place.name[0] = '\0';
    place.phase.store(0, std::memory_order_relaxed);
    place.daemon.store(0, std::memory_order_relaxed);
    if (head.participants_end.load(std::memory_order_relaxed) <= slot) {
      head.participants_end.store(slot + 1, std::memory_order_release);
    }
    job.children.fetch_add(1, std::memory_order_relaxed);
    // The place is taken by this store: who dies before it has taken none.
    place.state.store(participant_state::starting, std::memory_order_seq_cst);
    return make_id(slot, incarnation);
  }
  throw resource_error("this job has " + std::to_string(max_participants - job.ranks) +
                           " processes that its ranks have started already; wait for some to end",
                       {.operation = "process"});
}

}  // namespace cohort::multiprocessing
