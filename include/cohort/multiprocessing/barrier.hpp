// A place where processes wait for each other.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/detail/signature.hpp>
#include <cohort/error.hpp>

#include <concepts>
#include <cstdint>
#include <utility>

namespace cohort {

// As many threads of any processes as the barrier has parties wait until all of them do; then it
// can be used again. A copy means the same barrier.
//
//   cohort::barrier start(2);
//   cohort::process p(work, start);               // calls start.wait() as well
//   if (start.wait() == 0) std::cout << "go\n";
//
// A waiter whose deadline passes, that dies or whose action throws breaks the barrier, and so does
// abort(): all who wait, and all who come, get broken_barrier, until somebody calls reset().
class barrier : public detail::shared_handle<barrier> {
 public:
  static constexpr const char* class_name = "barrier";
  static constexpr std::uint32_t kind = detail::signature_id("barrier");

  // Throws argument_error unless there is at least one party, usage_error without an environment,
  // resource_error.
  explicit barrier(int parties, call where = {});
  // A handle to read another into; until then it is a barrier of one party.
  barrier() : barrier(1) {}

  // Returns which of this round's waiters this one is: 0 to parties() - 1, each once, in the order
  // in which they came. Throws broken_barrier.
  int wait(call where = {}) { return leave(arrive(where), where); }

  // One waiter of the round, the last to come, calls action() before anybody goes on. All waiters
  // give one.
  template <std::invocable Action>
  int wait(Action&& action, call where = {}) {
    const arrival mine = arrive(where);
    if (mine.last) {
      try {
        std::forward<Action>(action)();
      } catch (...) {
        fail(where);
        throw;
      }
    }
    return leave(mine, where);
  }

  // Breaks the barrier.
  void abort(call where = {});
  // Who waits gets broken_barrier; who comes afterwards finds the barrier as it was in the
  // beginning.
  void reset(call where = {});

  int parties() const;
  // How many wait at this moment.
  int n_waiting(call where = {}) const;
  bool broken(call where = {}) const;

 private:
  struct arrival {
    int index;
    bool last;
  };
  // Joins a round. The last to come returns at once, and all others wait for its leave().
  arrival arrive(const call& where);
  // Waits for the end of the round.
  int leave(const arrival& mine, const call& where);
  // Of the last one: its action has thrown.
  void fail(const call& where);
};

}  // namespace cohort
