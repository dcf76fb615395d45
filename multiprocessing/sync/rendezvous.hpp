// The rounds of a barrier.
#pragma once

#include "multiprocessing/sync/monitor.hpp"
#include "multiprocessing/sync/tally.hpp"

namespace cohort::multiprocessing {

enum class round_phase : std::uint32_t {
  filling,    // waiters come
  acting,     // all have come, and the last of them has not ended the round yet
  released,   // they leave, with success
  dismissed,  // they leave, with an error
};

// Changed under the monitor's guard. `waiters`, how many threads of each participant are in the
// round, is the truth; `inside` is their sum. A round begins when all have left the one before, so
// none can be lapped.
struct rendezvous_state {
  monitor entrance;
  shared_u32 parties;
  std::atomic<round_phase> phase;
  shared_u32 broken;  // 1: nobody comes in until it is reset
  shared_u32 inside;
  tally waiters;
};

enum class round_outcome { passed, broken, late };

// The rounds as one participant takes part in them.
class rendezvous {
 public:
  rendezvous(participant& me, rendezvous_state& state) : me_(me), state_(state) {}

  // Comes in: `index` becomes how many came before.
  round_outcome enter(std::uint32_t& index, const call& where);
  bool is_last(std::uint32_t index) const { return index + 1 == parties(); }
  // By the last to come in, if nothing has broken the round: all may leave.
  void release_all(const call& where);
  // Waits for that and leaves.
  round_outcome leave(const call& where);

  void break_it(const char* operation, const call& where);
  void reset(const call& where);
  std::uint32_t waiting(const call& where);
  bool broken(const call& where);
  std::uint32_t parties() const;

 private:
  void recount();
  monitor_lock lock(const char* operation, const call& where);
  round_phase phase() const;
  void set_phase(round_phase phase);
  bool gathering() const;
  void dismiss();
  void break_round();
  void count_out();

  participant& me_;
  rendezvous_state& state_;
};

}  // namespace cohort::multiprocessing
