#include "collectives/schedule/schedule_run.hpp"

#include <cohort/constants.hpp>
#include <cohort/error.hpp>

#include "runtime/pending.hpp"
#include "runtime/report.hpp"

#include <bit>
#include <utility>

namespace cohort::collectives {

using runtime::endpoint;
using runtime::operation;
using runtime::outcome;

schedule_run::schedule_run(runtime::communicator_state& comm, board& shared, schedule plan,
                           const detail::collective_call& part, const run_label& label,
                           const call& where, bool waits, std::shared_ptr<void> keep)
    : comm_(comm),
      internal_(comm.internal()),
      shared_(shared),
      plan_(std::move(plan)),
      part_(part),
      tag_(label.tag),
      signature_{label.signature, 1, part.name},
      where_(where),
      waits_(waits),
      keep_(std::move(keep)),
      why_{part.name, runtime::no_peer, label.tag, internal_.context(), where.site} {}

schedule_run::~schedule_run() {
  if (!over_) {
    give_up(std::make_exception_ptr(
        collective_error("the call was given up", context_of(comm_, why_))));
  }
}

bool schedule_run::advance() noexcept {
  if (over_) return true;
  try {
    shared_.check(part_, where_);
    go_on();
    if (!over_ && std::has_single_bit(++looks_)) {
      shared_.compare_calls();
      shared_.check(part_, where_);
    }
  } catch (...) {
    give_up(std::current_exception());
  }
  return over_;
}

void schedule_run::go_on() {
  if (!slots_) slots_.emplace(part_, plan_, comm_.size());
  while (round_ < plan_.rounds.size()) {
    if (!started_) start_round();
    if (!round_ended()) return;
    finish_round();
  }
  slots_->store();
  over_ = true;
}

// Receives first: what comes at once then goes straight to its place.
void schedule_run::start_round() {
  const round& now = plan_.rounds[round_];
  started_ = true;
  for (const transfer& t : now.receives) start_receive(t);
  for (const transfer& t : now.sends) start_send(t);
}

void schedule_run::start_receive(const transfer& what) {
  endpoint& home = comm_.home();
  receiving_.push_back({nullptr, &what, slots_->room_for(what.slots, signature_)});
  receiving& r = receiving_.back();
  r.op = home.operations().take();
  runtime::describe_receive(*r.op, internal_, what.peer, tag_, r.room.where, where_, part_.name);
  r.op->may_be_written = waits_;
  runtime::post(home, *r.op);
}

void schedule_run::start_send(const transfer& what) {
  endpoint& home = comm_.home();
  const auto bytes = slots_->outgoing(what.slots);
  const detail::payload payload{&signature_, bytes.data(), bytes.size()};
  const runtime::envelope header{tag_, internal_.context(), signature_.id};
  if (home.wire().try_send(internal_.member_of(what.peer), header, payload)) return;
  sending_.push_back(nullptr);
  sending_.back() = home.operations().take();
  operation& send = *sending_.back();
  runtime::describe_send(send, internal_, what.peer, tag_, payload, false, where_, part_.name);
  home.wire().start(send);
}

bool schedule_run::round_ended() {
  bool all = true;
  const auto look = [&](const operation& op) {
    if (op.ended == outcome::done) return;
    if (op.complete()) throw_failed(op);
    if (all) why_.peer = op.why.peer;
    all = false;
  };
  for (const receiving& r : receiving_) look(*r.op);
  for (const operation* op : sending_) look(*op);
  return all;
}

void schedule_run::finish_round() {
  for (const receiving& r : receiving_) {
    slots_->arrived(r.what->slots, r.room, r.op->message_bytes);
  }
  take_back_all();
  slots_->end_round();
  for (const local_step& step : plan_.rounds[round_].after) slots_->apply(step);
  started_ = false;
  ++round_;
}

void schedule_run::throw_failed(const operation& failed) {
  switch (failed.ended) {
    case outcome::peer_gone:
      // It may have left because the calls were closed, of which this rank is to be told.
      shared_.check(part_, where_);
      runtime::throw_rank_failed(
          comm_, failed.what == operation::kind::send ? failed.member : failed.from, failed.why);
    case outcome::failed:
      std::rethrow_exception(failed.problem);
    default:  // a message of another type or length: its sender has called something else
      shared_.throw_disagreement(internal_.rank_of(failed.from), part_, where_);
  }
}

void schedule_run::give_up(std::exception_ptr why) noexcept {
  problem_ = std::move(why);
  over_ = true;
  take_back_all();
  shared_.close(problem_);
}

// The last receive first, so that a message that one has begun to take is not given to a later one.
void schedule_run::take_back_all() noexcept {
  endpoint& home = comm_.home();
  for (; !receiving_.empty(); receiving_.pop_back()) {
    operation* op = receiving_.back().op;
    if (!op) continue;
    runtime::take_back(home, *op);
    home.operations().give(op);
  }
  for (; !sending_.empty(); sending_.pop_back()) {
    operation* op = sending_.back();
    if (!op) continue;
    if (!op->complete()) home.wire().withdraw(*op);
    home.operations().give(op);
  }
}

void schedule_run::detach() {
  if (over_) return;
  endpoint& home = comm_.home();
  std::vector<receiving*> open;
  for (receiving& r : receiving_) {
    if (!r.op->complete()) open.push_back(&r);
  }
  slots_->detach();
  for (operation* op : sending_) {
    if (op->complete()) continue;
    op->what_to_send.data = slots_->moved(op->what_to_send.data);
    home.wire().relocated(*op);
  }
  // The last first, as in take_back_all(); then posted again in their order.
  for (auto r = open.rbegin(); r != open.rend(); ++r) runtime::take_back(home, *(*r)->op);
  for (receiving* r : open) {
    r->room.where.data = slots_->moved(r->room.where.data);
    r->op->where = r->room.where;
    runtime::post(home, *r->op);
  }
}

}  // namespace cohort::collectives
