// Non-blocking operations: starting them, waiting for them, taking them back.
#include <cohort/constants.hpp>
#include <cohort/detail/core.hpp>
#include <cohort/error.hpp>

#include "runtime/pending.hpp"
#include "runtime/report.hpp"

#include <algorithm>
#include <utility>

namespace cohort::runtime {

namespace {

message_facts vacuous(int source, int tag) {
  message_facts facts;
  facts.source = source;
  facts.tag = tag;
  return facts;
}

pending hand_out(operation* op, const std::shared_ptr<communicator_state>& shared) {
  op->communicator = shared.get();
  shared->operation_begins(shared);
  return pending(op);
}

// An operation from the pool that goes back unless it is handed out.
class fresh_operation {
 public:
  explicit fresh_operation(endpoint& home) : home_(home), operation_(home.operations().take()) {}
  ~fresh_operation() {
    if (operation_) home_.operations().give(operation_);
  }
  fresh_operation(const fresh_operation&) = delete;
  fresh_operation& operator=(const fresh_operation&) = delete;
  operation* operator->() const { return operation_; }
  operation& operator*() const { return *operation_; }
  operation* release() { return std::exchange(operation_, nullptr); }

 private:
  endpoint& home_;
  operation* operation_;
};

void check_valid(const pending& request, const char* name, const call& where) {
  if (!request.valid()) [[unlikely]]
    throw_invalid_request(name, where);
}

// What a call must let go of only after its guard.
using last_share = std::shared_ptr<communicator_state>;

void give_back(operation& op, last_share& last) {
  communicator_state& comm = *op.communicator;
  comm.home().operations().give(&op);
  comm.operation_ends(last);
}

// The operation of a request has ended: tells of it, or throws. A persistent one can be started
// again, any other is given back.
message_facts conclude(pending& request, last_share& last) {
  operation& op = *request.under_way();
  communicator_state& comm = *op.communicator;
  const message_facts facts = facts_of(comm, op);
  if (op.persistent) {
    op.started = false;
    if (!well(op.ended)) throw_ended(comm, op);
    return facts;
  }
  request.settle(facts);
  if (well(op.ended)) [[likely]] {
    give_back(op, last);
    return facts;
  }
  request.collect();
  // The pool's object must not be given back before the error is made from it.
  struct return_to_pool {
    operation& op;
    last_share& last;
    ~return_to_pool() { give_back(op, last); }
  } returned{op, last};
  if (op.what == operation::kind::collective) std::rethrow_exception(op.problem);
  throw_ended(comm, op);
}

// Whether nothing is under way any more; a persistent request that was not started counts as ended.
bool ended(const pending& request) {
  const operation* op = request.under_way();
  return !op || op->complete() || !op->started;
}

// What one blocking call waits for: counts the requests that end meanwhile. Without a deadline, a
// sender may write straight to where a message goes.
class waiting_call {
 public:
  waiting_call(std::span<pending* const> requests, const call& where) : requests_(requests) {
    const bool writable = where.limit.never();
    for (const pending* r : requests) {
      operation* op = r->under_way();
      if (!op || !op->started) {
        count_.any_ended |= active(*r);
      } else if (op->complete()) {
        count_.ended(op->ended);
      } else if (op->counted_by != &count_) {  // a request may stand in the list twice
        if (!first_) first_ = op;
        ++count_.under_way;
        op->counted_by = &count_;
        op->may_be_written = writable;
      }
    }
  }
  // Once it has ended, the memory is the caller's alone.
  ~waiting_call() {
    if (count_.under_way == 0) return;
    for (pending* r : requests_) {
      operation* op = r->under_way();
      if (!op || op->counted_by != &count_) continue;
      op->counted_by = nullptr;
      op->may_be_written = false;
      if (op->cooperating) op->communicator->home().wire().part(*op->incoming);
    }
  }
  waiting_call(const waiting_call&) = delete;
  waiting_call& operator=(const waiting_call&) = delete;

  const completion_count& count() const { return count_; }

  // Waits until done(count()) holds; on a deadline, throws timeout_error in the words of the first.
  template <class Done>
  void wait(Done&& done, const char* name, const call& where) {
    if (done(count_)) return;
    communicator_state& comm = *first_->communicator;
    endpoint& home = comm.home();
    home.check_usable(name, where);
    wait_reason why = first_->why;
    why.operation = name;
    why.site = where.site;
    if (!home.wait([&] { return done(count_); }, why, where.limit)) throw_timeout(comm, why);
  }

 private:
  std::span<pending* const> requests_;
  completion_count count_;
  operation* first_ = nullptr;  // of those under way
};

endpoint* home_of(std::span<pending* const> requests) {
  for (const pending* r : requests) {
    if (r->under_way()) return &r->under_way()->communicator->home();
  }
  return nullptr;
}

}  // namespace

void throw_invalid_request(const char* name, const call& where) {
  throw request_error(
      "this request has nothing to wait for: it was moved from, or waited for already, or never "
      "given an operation; wait once, on the object that holds it",
      {.operation = name, .site = where.site});
}

pending start_send(const std::shared_ptr<communicator_state>& shared, int dest, int tag,
                   payload what, completion how, const call& where, retain_function retain,
                   void* context) {
  communicator_state& comm = *shared;
  const char* name = how == completion::synchronous ? "issend" : "isend";
  endpoint& home = comm.home();
  home.check_usable(name, where);
  check_destination(comm, dest, tag, name, where);
  if (dest == null_rank) return pending(vacuous(null_rank, tag));
  const endpoint::guard lock(home);
  home.note_type(*what.type);
  home.keep_up();
  const bool synchronous = how == completion::synchronous || comm.strict();
  if (!synchronous) {
    const envelope header{tag, comm.context(), what.type->id};
    if (home.wire().try_send(comm.member_of(dest), header, what)) [[likely]] {
      return pending(vacuous(comm.rank(), tag));
    }
  }
  fresh_operation op(home);
  if (retain) {
    op->owned = std::make_unique<byte_buffer>();
    what.data = retain(context, *op->owned, op->keep);
  }
  describe_send(*op, comm, dest, tag, what, synchronous, where, name);
  home.wire().start(*op);
  return hand_out(op.release(), shared);
}

pending start_receive(const std::shared_ptr<communicator_state>& shared, int source, int tag,
                      const sink& place, const call& where) {
  communicator_state& comm = *shared;
  endpoint& home = comm.home();
  home.check_usable("irecv", where);
  check_source(comm, source, tag, "irecv", where);
  if (source == null_rank) return pending(vacuous(null_rank, tag));
  const endpoint::guard lock(home);
  if (source != any_source && home.engine().idle(comm.member_of(source))) {
    message_facts facts;
    const auto seen =
        home.wire().try_receive(comm.member_of(source), comm.context(), tag, place, facts);
    if (seen == shm_wire::glance::received) {
      facts.source = source;
      return pending(facts);
    }
  }
  fresh_operation op(home);
  describe_receive(*op, comm, source, tag, place, where, "irecv");
  post(home, *op);
  return hand_out(op.release(), shared);
}

pending make_send(const std::shared_ptr<communicator_state>& shared, int dest, int tag,
                  const payload& what, const call& where) {
  communicator_state& comm = *shared;
  comm.home().check_usable("send_init", where);
  check_destination(comm, dest, tag, "send_init", where);
  const endpoint::guard lock(comm.home());
  fresh_operation op(comm.home());
  if (dest == null_rank) {
    op->what = operation::kind::send;
    op->what_to_send = what;
    op->null_peer = true;
  } else {
    describe_send(*op, comm, dest, tag, what, comm.strict(), where, "send_init");
  }
  op->persistent = true;
  op->started = false;
  return hand_out(op.release(), shared);
}

pending make_receive(const std::shared_ptr<communicator_state>& shared, int source, int tag,
                     const sink& place, const call& where) {
  communicator_state& comm = *shared;
  comm.home().check_usable("recv_init", where);
  check_source(comm, source, tag, "recv_init", where);
  const endpoint::guard lock(comm.home());
  fresh_operation op(comm.home());
  if (source == null_rank) {
    op->where = place;
    op->null_peer = true;
  } else {
    describe_receive(*op, comm, source, tag, place, where, "recv_init");
  }
  op->persistent = true;
  op->started = false;
  return hand_out(op.release(), shared);
}

void start(pending& request, const call& where) {
  check_valid(request, "start", where);
  operation* op = request.under_way();
  if (!op || !op->persistent) {
    throw request_error("only a request of send_init or recv_init can be started",
                        {.operation = "start", .site = where.site});
  }
  if (op->started) {
    throw request_error("this request is active; wait for it before it is started again",
                        {.operation = "start", .site = where.site});
  }
  communicator_state& comm = *request.under_way()->communicator;
  endpoint& home = comm.home();
  home.check_usable("start", where);
  const endpoint::guard lock(home);
  op->started = true;
  op->ended = outcome::pending;
  op->descriptor = 0;
  op->problem = nullptr;
  if (op->null_peer) {
    op->end(outcome::done);
  } else if (op->what == operation::kind::receive) {
    post(home, *op);
  } else {
    home.note_type(*op->what_to_send.type);
    home.wire().start(*op);
  }
}

pending start_activity(const std::shared_ptr<communicator_state>& shared,
                       std::unique_ptr<activity> work, const wait_reason& why) {
  endpoint& home = shared->home();
  fresh_operation op(home);
  op->what = operation::kind::collective;
  op->why = why;
  op->work = std::move(work);
  home.begin(*op);
  return hand_out(op.release(), shared);
}

bool active(const pending& request) noexcept {
  if (!request.valid()) return false;
  const operation* op = request.under_way();
  return !op || op->started;
}

message_facts wait(pending& request, const call& where, const char* name) {
  check_valid(request, name, where);
  operation* op = request.under_way();
  if (!op) return request.collect();
  last_share last;
  const endpoint::guard lock(op->communicator->home());
  if (!op->started) return vacuous(null_rank, any_tag);
  if (!op->complete()) {
    pending* const one[] = {&request};
    waiting_call(one, where).wait([](const auto& count) { return count.any_ended; }, name, where);
  }
  const auto facts = conclude(request, last);
  if (!request.under_way()) request.collect();
  return facts;
}

bool test(pending& request, const call& where, const char* name) {
  check_valid(request, name, where);
  if (!request.under_way()) return true;
  endpoint& home = request.under_way()->communicator->home();
  home.check_usable(name, where);
  const endpoint::guard lock(home);
  if (!ended(request)) home.progress();
  return ended(request);
}

void cancel(pending& request, const call& where) {
  check_valid(request, "cancel", where);
  operation* op = request.under_way();
  if (!op || op->complete() || !op->started) return;
  endpoint& home = request.under_way()->communicator->home();
  home.check_usable("cancel", where);
  if (op->what == operation::kind::collective) {
    throw request_error(
        "a collective operation can't be cancelled, since the other ranks count on it; wait for it",
        {.rank = static_cast<int>(home.self()), .operation = "cancel", .site = where.site});
  }
  const endpoint::guard lock(home);
  if (op->what == operation::kind::send)
    home.wire().withdraw(*op);
  else if (home.engine().unpost(*op))
    op->end(outcome::cancelled);
}

std::optional<std::size_t> wait_any(std::span<pending* const> requests, const call& where,
                                    const char* name) {
  const auto first_ended = [&]() -> std::optional<std::size_t> {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (active(*requests[i]) && ended(*requests[i])) return i;
    }
    return std::nullopt;
  };
  if (std::none_of(requests.begin(), requests.end(), [](const pending* r) { return active(*r); })) {
    return std::nullopt;
  }
  if (endpoint* home = home_of(requests)) {
    const endpoint::guard lock(*home);
    waiting_call(requests, where)
        .wait([](const auto& count) { return count.any_ended; }, name, where);
    return first_ended();
  }
  return first_ended();
}

std::optional<std::size_t> test_any(std::span<pending* const> requests, const call& where) {
  if (endpoint* home = home_of(requests)) {
    home->check_usable("test_any", where);
    const endpoint::guard lock(*home);
    home->progress();
  }
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (active(*requests[i]) && ended(*requests[i])) return i;
  }
  return std::nullopt;
}

void wait_all(std::span<pending* const> requests, const call& where) {
  for (const pending* r : requests) check_valid(*r, "wait_all", where);
  endpoint* home = home_of(requests);
  if (!home) return;
  last_share last;
  const endpoint::guard lock(*home);
  waiting_call all(requests, where);
  // Once one has failed the others may wait for ever, so the caller hears of it at once.
  all.wait([](const auto& count) { return count.under_way == 0 || count.any_failed; }, "wait_all",
           where);
  for (pending* r : requests) {
    operation* op = r->under_way();
    if (!op) continue;
    if (all.count().any_failed) {
      if (op->started && op->complete() && !well(op->ended)) conclude(*r, last);
    } else if (op->started && !op->persistent) {
      r->settle(facts_of(*op->communicator, *op));
      give_back(*op, last);
    }
  }
}

bool test_all(std::span<pending* const> requests, const call& where) {
  for (const pending* r : requests) check_valid(*r, "test_all", where);
  endpoint* home = home_of(requests);
  if (!home) return true;
  home->check_usable("test_all", where);
  const endpoint::guard lock(*home);
  home->progress();
  for (const pending* r : requests) {
    if (!ended(*r)) return false;
  }
  return true;
}

// A request that nobody holds any more never leaves the runtime with a dangling buffer, and never
// blocks: a receive is taken back, a send or a collective goes on with bytes of its own.
void pending::drop() noexcept {
  operation* op = std::exchange(operation_, nullptr);
  if (!op) return;
  last_share last;
  endpoint& home = op->communicator->home();
  const endpoint::guard lock(home);
  if (op->started && !op->complete() && home.usable()) {
    if (op->what == operation::kind::receive) {
      take_back(home, *op);
    } else {
      try {
        home.detach(*op);
        return;
      } catch (...) {
        // No memory for a copy: the message is taken back rather than read from freed memory; a
        // collective is given up, of which the others hear.
        if (op->what == operation::kind::send)
          home.wire().withdraw(*op);
        else
          home.stop(*op);
      }
    }
  }
  give_back(*op, last);
}

}  // namespace cohort::runtime
