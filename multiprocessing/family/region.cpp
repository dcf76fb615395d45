#include "multiprocessing/family/region.hpp"

#include "runtime/processes.hpp"

#include <algorithm>

namespace cohort::multiprocessing {

void region::open() const {
  memory_->reserve(map_.header(), map_.objects() - map_.header());
  memory_->header().processes.store(1, std::memory_order_release);
}

bool region::alive(participant_id id) const {
  const participant_entry& entry = participant(slot_of(id));
  // The state first: that of the next process in this place comes after its incarnation, and would
  // be taken for this one's.
  const participant_state state = entry.state.load(std::memory_order_acquire);
  if (entry.incarnation.load(std::memory_order_acquire) != incarnation_of(id)) return false;
  if (state != participant_state::starting && state != participant_state::joined) return false;
  // A rank's end is first published in the job's own table.
  const std::uint32_t member = entry.member.load(std::memory_order_relaxed);
  return member == 0 ||
         !runtime::terminal(memory_->member(member - 1).state.load(std::memory_order_acquire));
}

void region::publish_end(participant_id id, int wait_status) const {
  participant_entry& entry = participant(slot_of(id));
  if (entry.incarnation.load(std::memory_order_acquire) != incarnation_of(id)) return;
  participant_state now = entry.state.load(std::memory_order_acquire);
  if (now == participant_state::vacant) return;
  if (now != participant_state::ended) {
    entry.wait_status.store(wait_status, std::memory_order_relaxed);
    while (now == participant_state::starting || now == participant_state::joined) {
      if (entry.state.compare_exchange_weak(now, participant_state::ended,
                                            std::memory_order_seq_cst)) {
        break;
      }
    }
  }
  // All of the rest is repeated on every call: who told first may have died half way.
  region_header& head = header();
  head.unswept.store(1, std::memory_order_seq_cst);
  head.ends.fetch_add(1, std::memory_order_seq_cst);
  ring_doorbells();
}

void region::publish_rank_end(std::uint32_t member, int wait_status) const {
  if (memory_->header().processes.load(std::memory_order_acquire) == 0) return;
  const participant_entry& entry = participant(member);
  if (entry.member.load(std::memory_order_acquire) == member + 1) {
    publish_end(make_id(member, entry.incarnation.load(std::memory_order_acquire)), wait_status);
  }
}

void region::ring_doorbells() const {
  const std::uint32_t end =
      std::min(header().participants_end.load(std::memory_order_acquire), max_participants);
  for (std::uint32_t slot = 0; slot < end; ++slot) participant(slot).doorbell.notify();
}

}  // namespace cohort::multiprocessing

namespace cohort::runtime {

void processes_hear_of_end(arena& memory, std::uint32_t member, int wait_status) {
  multiprocessing::region(memory).publish_rank_end(member, wait_status);
}

}  // namespace cohort::runtime
