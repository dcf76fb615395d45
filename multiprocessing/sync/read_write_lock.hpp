// A lock that many have shared, or one exclusively, and the dead not at all.
#pragma once

#include "multiprocessing/sync/monitor.hpp"
#include "multiprocessing/sync/tally.hpp"

namespace cohort::multiprocessing {

// Changed under the monitor's guard. There is a writer or there are readers, never both: who takes
// it over from a dead writer, or finds it in doubt, is its writer, whatever it asked for.
struct read_write_state {
  monitor entrance;
  shared_u32 writer;   // the participant that has it exclusively, or 0
  shared_u32 doubt;    // 1: a writer has died, and what it did has not been repaired
  shared_u32 next;     // a participant that waits to be the writer: readers let it go first
  shared_u32 readers;  // the sum of `shares`, which are the truth
  tally shares;
};

// The lock as one participant uses it.
class read_write_lock {
 public:
  read_write_lock(participant& me, read_write_state& state) : me_(me), state_(state) {}

  acquired acquire(const char* operation, const call& where);
  acquired try_acquire();
  acquired acquire_shared(const char* operation, const call& where);
  acquired try_acquire_shared();

  // False, and nothing is changed, where this participant does not have it so.
  bool release();
  bool release_shared();
  bool mark_repaired();

 private:
  void recount();
  monitor_lock enter(const char* operation, const call& where);
  bool alive(participant_id id) const { return id != 0 && me_.shared().alive(id); }
  acquired become_writer();
  acquired become_reader();
  void stand_in_line();
  void leave_line();
  void give_up(const char* operation, const call& where);

  participant& me_;
  read_write_state& state_;
};

}  // namespace cohort::multiprocessing
