#include "multiprocessing/sync/read_write_lock.hpp"

namespace cohort::multiprocessing {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;  // all under the guard, which orders it

}  // namespace

void read_write_lock::recount() {
  state_.readers.store(state_.shares.recount(me_.shared()), relaxed);
}

monitor_lock read_write_lock::enter(const char* operation, const call& where) {
  return {me_, state_.entrance, operation, where, [this] { recount(); }};
}

acquired read_write_lock::become_writer() {
  const participant_id writer = state_.writer.load(relaxed);
  if (alive(writer) || state_.readers.load(relaxed) != 0) return acquired::no;
  leave_line();
  // Before this one is the writer: who dies in between leaves the doubt.
  if (writer != 0) state_.doubt.store(1, relaxed);
  state_.writer.store(me_.id(), relaxed);
  return state_.doubt.load(relaxed) != 0 ? acquired::from_the_dead : acquired::fresh;
}

acquired read_write_lock::become_reader() {
  const participant_id writer = state_.writer.load(relaxed);
  if (writer != 0 || state_.doubt.load(relaxed) != 0) return become_writer();
  if (alive(state_.next.load(relaxed))) return acquired::no;
  state_.shares.set(me_.id(), state_.shares.of(me_.id()) + 1);
  state_.readers.store(state_.readers.load(relaxed) + 1, relaxed);
  return acquired::fresh;
}

void read_write_lock::stand_in_line() {
  if (!alive(state_.next.load(relaxed))) state_.next.store(me_.id(), relaxed);
}

// Where several threads of this process wait, the others stand in line again at their next look.
void read_write_lock::leave_line() {
  if (state_.next.load(relaxed) == me_.id()) state_.next.store(0, relaxed);
}

// What waits behind this one must not wait for it any more.
void read_write_lock::give_up(const char* operation, const call& where) {
  {
    const monitor_lock lock = enter(operation, where);
    leave_line();
  }
  state_.entrance.news.notify();
}

acquired read_write_lock::acquire(const char* operation, const call& where) {
  acquired how = acquired::no;
  try {
    wait_in(
        me_, state_.entrance, operation, where, [this] { recount(); },
        [&] {
          how = become_writer();
          if (how == acquired::no) stand_in_line();
          return how != acquired::no;
        });
  } catch (...) {
    give_up(operation, where);
    throw;
  }
  if (how == acquired::no) give_up(operation, where);
  return how;
}

acquired read_write_lock::try_acquire() {
  const monitor_lock lock = enter("try_lock", {});
  return become_writer();
}

acquired read_write_lock::acquire_shared(const char* operation, const call& where) {
  acquired how = acquired::no;
  wait_in(
      me_, state_.entrance, operation, where, [this] { recount(); },
      [&] {
        how = become_reader();
        return how != acquired::no;
      });
  return how;
}

acquired read_write_lock::try_acquire_shared() {
  const monitor_lock lock = enter("try_lock_shared", {});
  return become_reader();
}

bool read_write_lock::release() {
  {
    const monitor_lock lock = enter("unlock", {});
    if (state_.writer.load(relaxed) != me_.id()) return false;
    state_.writer.store(0, relaxed);
  }
  state_.entrance.news.notify();
  return true;
}

bool read_write_lock::release_shared() {
  bool last = false;
  {
    const monitor_lock lock = enter("unlock_shared", {});
    const std::uint32_t mine = state_.shares.of(me_.id());
    if (mine == 0) return false;
    state_.shares.set(me_.id(), mine - 1);
    const std::uint32_t readers = state_.readers.load(relaxed) - 1;
    state_.readers.store(readers, relaxed);
    last = readers == 0;
  }
  if (last) state_.entrance.news.notify();
  return true;
}

bool read_write_lock::mark_repaired() {
  const monitor_lock lock = enter("mark_repaired", {});
  if (state_.writer.load(relaxed) != me_.id()) return false;
  state_.doubt.store(0, relaxed);
  return true;
}

}  // namespace cohort::multiprocessing
