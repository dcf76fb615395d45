// The threads that wait for a condition: each has a place, and is notified there.
#pragma once

#include "multiprocessing/family/recoverable_lock.hpp"

#include <limits>

namespace cohort::multiprocessing {

inline constexpr std::uint32_t max_waiters = max_participants;

// Invariants. Places are changed by the holder of `guard`. `who` is 0, or the participant whose
// thread has the place, with a bit that says that it is notified; each change of it is one store. A
// notification is given to one place, so it is neither taken by somebody who comes later nor given
// twice, and it stays there until its waiter has its mutex again: a waiter that dies before that
// leaves it to be given to the next. Nobody but its own thread sleeps on a place.
struct waiting_place {
  shared_u32 who;
  shared_u32 ticket;  // the order in which they came
  runtime::wait_word news;
};

struct waiting_room_state {
  lock_word guard;
  shared_u32 next_ticket;
  shared_u32 places_end;    // no place from here on has ever been taken
  shared_u32 ends_counted;  // region_header::ends as of the last look for the dead
  waiting_place places[max_waiters];
};

// The room as one participant uses it.
class waiting_room {
 public:
  waiting_room(participant& me, waiting_room_state& state) : me_(me), state_(state) {}

  // A place for the calling thread; nullptr where there is none.
  waiting_place* come(const runtime::wait_reason& why);
  static bool is_notified(const waiting_place& place);
  // Gives the place up. Whether it was notified.
  bool go(waiting_place& place, const runtime::wait_reason& why);

  // Notifies so many, the longest waiting first.
  void notify(std::uint32_t count, const runtime::wait_reason& why);

  // How many ends of processes have been told of. After each of them somebody must look for what
  // the dead were notified of, and pass it on.
  std::uint32_t ends() const;
  void pass_on(const runtime::wait_reason& why);

 private:
  class guarded;

  participant& me_;
  waiting_room_state& state_;
};

}  // namespace cohort::multiprocessing
