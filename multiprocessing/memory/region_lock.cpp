#include "multiprocessing/memory/region_lock.hpp"

#include "multiprocessing/memory/pages.hpp"

namespace cohort::multiprocessing {

namespace {

template <class F>
void for_each_live(const region& shared, F&& f) {
  const std::uint32_t end = shared.header().objects_end.load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < end; ++i) {
    if (shared.object(i).state.load(std::memory_order_relaxed) == object_state::live) f(i);
  }
}

bool is_live(const region& shared, std::uint32_t index) {
  return shared.object(index).state.load(std::memory_order_relaxed) == object_state::live;
}

// What a holder of the lock had begun when it died.
void repair(const region& shared) {
  region_header& head = shared.header();
  // An object is live before the end is raised.
  const std::uint32_t end = head.objects_end.load(std::memory_order_relaxed);
  if (end < max_objects) {
    shared.memory().reserve(shared.map().object(end), sizeof(object_entry));
    if (is_live(shared, end)) head.objects_end.store(end + 1, std::memory_order_relaxed);
  }
  for_each_live(shared, [&](std::uint32_t index) {
    const object_entry& object = shared.object(index);
    const std::uint32_t whole = object.parent.load(std::memory_order_relaxed);
    if (whole != 0 ? !is_live(shared, whole - 1) : !is_wanted(object)) end_object(shared, index);
  });
  rebuild_pages(shared);
}

// What ended participants held.
void sweep(const region& shared) {
  region_header& head = shared.header();
  // Before the look: an end that is told meanwhile is swept next time.
  head.unswept.store(0, std::memory_order_seq_cst);
  const std::uint32_t end = head.participants_end.load(std::memory_order_acquire);
  for (std::uint32_t slot = 0; slot < end; ++slot) {
    participant_entry& gone = shared.participant(slot);
    if (gone.state.load(std::memory_order_seq_cst) != participant_state::ended) continue;
    const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
    for_each_live(shared, [&](std::uint32_t index) {
      object_entry& object = shared.object(index);
      shared_u64& holders = object.holders[slot / 64];
      const std::uint64_t before = holders.load(std::memory_order_relaxed);
      if ((before & bit) == 0) return;
      holders.store(before & ~bit, std::memory_order_relaxed);
      if (!is_wanted(object)) end_object(shared, index);
    });
    runtime::arena_header& job = shared.memory().header();
    job.children_awake[slot / 64].fetch_and(~bit, std::memory_order_relaxed);
    // A rank's place stays its own.
    if (gone.member.load(std::memory_order_relaxed) == 0) {
      job.children.fetch_sub(1, std::memory_order_relaxed);
      gone.state.store(participant_state::vacant, std::memory_order_release);
    }
  }
}

}  // namespace

region_lock::region_lock(participant& me) : me_(me) {
  const region& shared = me.shared();
  const runtime::wait_reason why{"shared objects", runtime::no_peer, 0, 0, call_site::unknown()};
  const acquired how = acquire(me, shared.header().lock, why);
  try {
    // A word, since this process may die, or be refused memory, before all is put right.
    shared_u32& damaged = shared.header().damaged;
    if (how == acquired::from_the_dead) damaged.store(1, std::memory_order_relaxed);
    if (damaged.load(std::memory_order_relaxed) != 0) {
      shared.header().unswept.store(1, std::memory_order_seq_cst);
      repair(shared);
      damaged.store(0, std::memory_order_relaxed);
    }
    if (shared.header().unswept.load(std::memory_order_seq_cst) != 0) sweep(shared);
  } catch (...) {
    release(shared.header().lock);
    throw;
  }
}

bool is_wanted(const object_entry& object) {
  if (object.transit.load(std::memory_order_relaxed) != 0) return true;
  for (const shared_u64& bits : object.holders) {
    if (bits.load(std::memory_order_relaxed) != 0) return true;
  }
  return false;
}

void end_object(const region& shared, std::uint32_t index) {
  object_entry& object = shared.object(index);
  const page_run run = pages_of(shared, object);
  object.state.store(object_state::vacant, std::memory_order_release);
  give_back(shared, run);
  if (object.parts.load(std::memory_order_relaxed) == 0) return;
  for_each_live(shared, [&](std::uint32_t part) {
    if (shared.object(part).parent.load(std::memory_order_relaxed) == index + 1) {
      end_object(shared, part);
    }
  });
}

}  // namespace cohort::multiprocessing
