#include "multiprocessing/sync/waiting_room.hpp"

#include <span>

namespace cohort::multiprocessing {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;  // under the guard, which orders it
constexpr std::uint32_t notified = 1u << 31;         // of waiting_place::who

std::span<waiting_place> taken(waiting_room_state& state) {
  return std::span(state.places).first(state.places_end.load(relaxed));
}

// The one that waits longest and is not notified; nullptr where there is none.
waiting_place* first_in_line(waiting_room_state& state) {
  const std::uint32_t next = state.next_ticket.load(relaxed);
  waiting_place* first = nullptr;
  std::uint32_t longest = 0;
  for (waiting_place& place : taken(state)) {
    const std::uint32_t who = place.who.load(relaxed);
    if (who == 0 || (who & notified) != 0) continue;
    // Tickets wrap around, ages do not.
    const std::uint32_t age = next - place.ticket.load(relaxed);
    if (!first || age > longest) {
      first = &place;
      longest = age;
    }
  }
  return first;
}

void notify_at(waiting_place& place) {
  // Sequentially consistent, as wait_word demands of what its waiters look at.
  place.who.store(place.who.load(relaxed) | notified, std::memory_order_seq_cst);
  place.news.notify();
}

}  // namespace

// Holds the guard. Where somebody has died, the dead have left, and what they were notified of has
// been passed on.
class waiting_room::guarded {
 public:
  guarded(participant& me, waiting_room_state& state, const runtime::wait_reason& why)
      : state_(state) {
    const acquired how = acquire(me, state.guard, why);
    // Before the look: an end that comes later is looked for the next time.
    const std::uint32_t ends = me.shared().header().ends.load(std::memory_order_seq_cst);
    if (how == acquired::from_the_dead || ends != state.ends_counted.load(relaxed)) {
      bury(me.shared());
      state.ends_counted.store(ends, relaxed);
    }
  }
  ~guarded() { release(state_.guard); }
  guarded(const guarded&) = delete;
  guarded& operator=(const guarded&) = delete;

 private:
  // The dead who were not notified leave first, so that nothing is passed on to them. Who dies
  // between passing on and clearing a place makes two of one notification, which costs one waiter a
  // look; the other order would lose it.
  void bury(const region& shared) {
    const auto dead = [&](std::uint32_t who) { return who != 0 && !shared.alive(who & ~notified); };
    for (waiting_place& place : taken(state_)) {
      const std::uint32_t who = place.who.load(relaxed);
      if ((who & notified) == 0 && dead(who)) place.who.store(0, relaxed);
    }
    for (waiting_place& place : taken(state_)) {
      if (!dead(place.who.load(relaxed))) continue;
      if ((place.who.load(relaxed) & notified) != 0) {
        if (waiting_place* heir = first_in_line(state_)) notify_at(*heir);
      }
      place.who.store(0, relaxed);
    }
  }

  waiting_room_state& state_;
};

waiting_place* waiting_room::come(const runtime::wait_reason& why) {
  const guarded lock(me_, state_, why);
  const std::uint32_t end = state_.places_end.load(relaxed);
  std::uint32_t number = 0;
  while (number < end && state_.places[number].who.load(relaxed) != 0) ++number;
  if (number == max_waiters) return nullptr;
  const std::uint32_t ticket = state_.next_ticket.load(relaxed);
  state_.next_ticket.store(ticket + 1, relaxed);
  waiting_place& place = state_.places[number];
  place.ticket.store(ticket, relaxed);
  place.news.sleepers.store(0, relaxed);  // a waiter that died here is counted still
  if (number == end) state_.places_end.store(end + 1, relaxed);
  place.who.store(me_.id(), relaxed);
  return &place;
}

bool waiting_room::is_notified(const waiting_place& place) {
  return (place.who.load(std::memory_order_seq_cst) & notified) != 0;
}

bool waiting_room::go(waiting_place& place, const runtime::wait_reason& why) {
  const guarded lock(me_, state_, why);
  const bool was_notified = is_notified(place);
  place.who.store(0, relaxed);
  return was_notified;
}

void waiting_room::notify(std::uint32_t count, const runtime::wait_reason& why) {
  const guarded lock(me_, state_, why);
  for (; count != 0; --count) {
    waiting_place* first = first_in_line(state_);
    if (!first) return;
    notify_at(*first);
  }
}

std::uint32_t waiting_room::ends() const {
  return me_.shared().header().ends.load(std::memory_order_seq_cst);
}

void waiting_room::pass_on(const runtime::wait_reason& why) {
  const guarded lock(me_, state_, why);
}

}  // namespace cohort::multiprocessing
