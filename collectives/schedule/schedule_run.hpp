// Runs one rank's schedule over point-to-point messages, in steps that never block.
#pragma once

#include <cohort/detail/collective.hpp>

#include "collectives/board/board.hpp"
#include "collectives/schedule/schedule.hpp"
#include "collectives/schedule/slot_store.hpp"
#include "runtime/activity.hpp"
#include "runtime/communicator_state.hpp"
#include "runtime/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

namespace cohort::collectives {

// What tells one call's messages from all others.
struct run_label {
  int tag;                  // the call's own, on the communicator's internal context
  std::uint32_t signature;  // travels as the type of each message: ranks that call different things
                            // find out when they receive
};

// The messages of all calls on a communicator use its internal context, each call a tag of its own,
// so that calls under way at the same time do not mix. Within one call the order of messages
// between two ranks is enough: rounds come in the same order on both.
//
// All members are called under the endpoint's guard.
class schedule_run final : public runtime::activity {
 public:
  // `part`'s spans and pointers outlive this object, or are held by `keep`. `waits`: the caller
  // waits for the end without a deadline, so that senders may write to where blocks go.
  schedule_run(runtime::communicator_state& comm, board& shared, schedule plan,
               const detail::collective_call& part, const run_label& label, const call& where,
               bool waits, std::shared_ptr<void> keep = nullptr);
  // One that has not ended gives up, and the other ranks hear of it.
  ~schedule_run() override;
  schedule_run(const schedule_run&) = delete;
  schedule_run& operator=(const schedule_run&) = delete;

  // The first time, loads.
  bool advance() noexcept override;
  std::exception_ptr problem() const noexcept override { return problem_; }
  // Advanced at least once before.
  void detach() override;

  // What it waits for.
  const runtime::wait_reason& why() const { return why_; }
  // Gives up: the operation fails with `why`, here and at all ranks.
  void give_up(std::exception_ptr why) noexcept;

 private:
  struct receiving {
    runtime::operation* op;
    const transfer* what;
    slot_store::room room;
  };

  void go_on();
  void start_round();
  void start_receive(const transfer& what);
  void start_send(const transfer& what);
  bool round_ended();
  void finish_round();
  [[noreturn]] void throw_failed(const runtime::operation& failed);
  void take_back_all() noexcept;

  runtime::communicator_state& comm_;
  runtime::communicator_state& internal_;
  board& shared_;
  const schedule plan_;
  const detail::collective_call part_;
  const int tag_;
  const detail::element_type signature_;
  const call where_;
  const bool waits_;
  const std::shared_ptr<void> keep_;

  std::optional<slot_store> slots_;  // from the first step
  std::vector<receiving> receiving_;
  std::vector<runtime::operation*> sending_;
  std::size_t round_ = 0;
  bool started_ = false;  // the messages of round_
  bool over_ = false;
  std::uint32_t looks_ =
      0;  // in vain: ever more seldom, it is asked whether the ranks agree at all
  std::exception_ptr problem_;
  runtime::wait_reason why_;
};

}  // namespace cohort::collectives
