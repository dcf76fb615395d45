#include <cohort/multiprocessing/event.hpp>

#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/sync/lock_outcome.hpp"

namespace cohort {

namespace mp = multiprocessing;

namespace {

// `phase` is odd while the event is set; each set() and clear() that changes it adds one. A waiter
// that began at an even phase is free at every other one.
struct event_state {
  mp::shared_u32 phase;
  runtime::wait_word news;
};
static_assert(sizeof(event_state) <= mp::inline_payload);

event_state& state_of(const mp::object_ref& object) {
  return object->payload_as<event_state>();
}

constexpr bool set_in(std::uint32_t phase) {
  return phase % 2 == 1;
}

// Makes the event as it should be; whether it was not. Sequentially consistent: what is done before
// set() is seen after wait(), and wait_word demands it.
bool change(event_state& state, bool to_set) {
  std::uint32_t phase = state.phase.load(std::memory_order_seq_cst);
  do {
    if (set_in(phase) == to_set) return false;
  } while (!state.phase.compare_exchange_weak(phase, phase + 1, std::memory_order_seq_cst));
  return true;
}

}  // namespace

event::event(call where)
    : shared_handle(mp::make_object(kind, sizeof(event_state), class_name, where)) {}

void event::set() {
  event_state& state = state_of(object_);
  // Also where it was set already: who did that may have died before it told anybody.
  change(state, true);
  state.news.notify();
}

void event::clear() {
  change(state_of(object_), false);
}

bool event::is_set() const {
  return set_in(state_of(object_).phase.load(std::memory_order_acquire));
}

bool event::wait(call where) const {
  event_state& state = state_of(object_);
  const std::uint32_t before = state.phase.load(std::memory_order_acquire);
  if (set_in(before)) return true;
  return object_->owner().wait(
      state.news, [&] { return state.phase.load(std::memory_order_seq_cst) != before; },
      mp::reason("wait", where), where.limit);
}

}  // namespace cohort
