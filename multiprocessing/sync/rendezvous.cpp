#include "multiprocessing/sync/rendezvous.hpp"

namespace cohort::multiprocessing {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;  // all under the guard, which orders it

}  // namespace

std::uint32_t rendezvous::parties() const {
  return state_.parties.load(relaxed);
}
round_phase rendezvous::phase() const {
  return state_.phase.load(relaxed);
}
void rendezvous::set_phase(round_phase phase) {
  state_.phase.store(phase, relaxed);
}
bool rendezvous::gathering() const {
  return phase() == round_phase::filling || phase() == round_phase::acting;
}

// Who is inside leaves with an error.
void rendezvous::dismiss() {
  if (gathering() && state_.inside.load(relaxed) != 0) set_phase(round_phase::dismissed);
}

void rendezvous::break_round() {
  state_.broken.store(1, relaxed);
  dismiss();
}

// One has died inside: a round that gathers is broken by that before the dead one is forgotten. The
// last to leave may have been dead all the time.
void rendezvous::recount() {
  const std::uint32_t inside = state_.waiters.recount(me_.shared(), [this] {
    if (gathering()) break_round();
  });
  state_.inside.store(inside, relaxed);
  if (inside == 0) set_phase(round_phase::filling);
}

monitor_lock rendezvous::lock(const char* operation, const call& where) {
  return {me_, state_.entrance, operation, where, [this] { recount(); }};
}

void rendezvous::count_out() {
  state_.waiters.set(me_.id(), state_.waiters.of(me_.id()) - 1);
  const std::uint32_t inside = state_.inside.load(relaxed) - 1;
  state_.inside.store(inside, relaxed);
  if (inside == 0) set_phase(round_phase::filling);
}

round_outcome rendezvous::enter(std::uint32_t& index, const call& where) {
  round_outcome outcome = round_outcome::late;
  wait_in(
      me_, state_.entrance, "wait", where, [this] { recount(); },
      [&] {
        if (state_.broken.load(relaxed) != 0) {
          outcome = round_outcome::broken;
          return true;
        }
        if (phase() != round_phase::filling) return false;
        index = state_.inside.load(relaxed);
        // First the truth: who dies from here on is found inside.
        state_.waiters.set(me_.id(), state_.waiters.of(me_.id()) + 1);
        state_.inside.store(index + 1, relaxed);
        if (is_last(index)) set_phase(round_phase::acting);
        outcome = round_outcome::passed;
        return true;
      });
  if (outcome == round_outcome::late) break_it("wait", where);
  return outcome;
}

void rendezvous::release_all(const call& where) {
  {
    const monitor_lock guard = lock("wait", where);
    if (phase() != round_phase::acting) return;
    set_phase(round_phase::released);
  }
  state_.entrance.news.notify();
}

round_outcome rendezvous::leave(const call& where) {
  round_outcome outcome = round_outcome::late;
  const auto attempt = [&] {
    if (gathering()) return false;
    outcome = phase() == round_phase::released ? round_outcome::passed : round_outcome::broken;
    count_out();
    return true;
  };
  const auto give_up = [&] {
    const monitor_lock guard = lock("wait", where);
    if (attempt()) return;
    break_round();
    count_out();
  };
  try {
    if (!wait_in(
            me_, state_.entrance, "wait", where, [this] { recount(); }, attempt))
      give_up();
  } catch (...) {
    give_up();
    state_.entrance.news.notify();
    throw;
  }
  state_.entrance.news.notify();
  return outcome;
}

void rendezvous::break_it(const char* operation, const call& where) {
  {
    const monitor_lock guard = lock(operation, where);
    break_round();
  }
  state_.entrance.news.notify();
}

void rendezvous::reset(const call& where) {
  {
    const monitor_lock guard = lock("reset", where);
    state_.broken.store(0, relaxed);
    dismiss();
  }
  state_.entrance.news.notify();
}

std::uint32_t rendezvous::waiting(const call& where) {
  const monitor_lock guard = lock("n_waiting", where);
  return phase() == round_phase::filling ? state_.inside.load(relaxed) : 0;
}

bool rendezvous::broken(const call& where) {
  const monitor_lock guard = lock("broken", where);
  return state_.broken.load(relaxed) != 0;
}

}  // namespace cohort::multiprocessing
