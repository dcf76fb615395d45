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
  op->share = shared;
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

// The operation of a request has ended: tells of it, or throws. A persistent one can be started
// again, any other is given back.
message_facts conclude(pending& request) {
  operation& op = *request.under_way();
  communicator_state& comm = *op.communicator;  // the caller has a share in it
  const message_facts facts = facts_of(comm, op);
  const bool well = op.ended == outcome::done || op.ended == outcome::cancelled;
  if (op.persistent) {
    op.started = false;
    if (!well) throw_ended(comm, op);
    return facts;
  }
  request.settle(facts);
  if (well) [[likely]] {
    comm.home().operations().give(&op);
    return facts;
  }
  request.collect();
  // The pool's object must not be given back before the error is made from it.
  struct return_to_pool {
    endpoint& home;
    operation& op;
    ~return_to_pool() { home.operations().give(&op); }
  } returned{comm.home(), op};
  throw_ended(comm, op);
}

// Whether nothing is under way any more; a persistent request that was not started counts as ended.
bool ended(const pending& request) {
  const operation* op = request.under_way();
  return !op || op->complete() || !op->started;
}

message_facts facts_when_ended(pending& request) {
  operation* op = request.under_way();
  if (!op) return request.facts();
  if (!op->started) return vacuous(null_rank, any_tag);
  return conclude(request);
}

// In a blocking call without deadline a sender may write straight to where the message goes; these
// calls may not return while one does.
class writable_section {
 public:
  writable_section(std::span<pending* const> requests, const call& where) : requests_(requests) {
    if (where.limit.never()) set(true);
  }
  // Once it has ended, the memory is the caller's alone.
  ~writable_section() {
    set(false);
    for (pending* r : requests_) {
      operation* op = r->under_way();
      if (op && op->cooperating) op->communicator->home().wire().part(*op->incoming);
    }
  }
  writable_section(const writable_section&) = delete;
  writable_section& operator=(const writable_section&) = delete;

 private:
  void set(bool may) {
    for (pending* r : requests_) {
      if (r->under_way()) r->under_way()->may_be_written = may;
    }
  }
  std::span<pending* const> requests_;
};

endpoint* home_of(std::span<pending* const> requests) {
  for (const pending* r : requests) {
    if (r->under_way()) return &r->under_way()->communicator->home();
  }
  return nullptr;
}

// Waits until done() holds; on a deadline, throws timeout_error in the words of `first`.
template <class Done>
void wait_for(std::span<pending* const> requests, Done&& done, const char* name,
              const call& where) {
  if (done()) return;
  endpoint& home = *home_of(requests);
  home.check_usable(name, where);
  pending* first = nullptr;
  for (pending* r : requests) {
    if (!ended(*r)) {
      first = r;
      break;
    }
  }
  wait_reason why = first->under_way()->why;
  why.operation = name;
  why.site = where.site;
  communicator_state& comm = *first->under_way()->communicator;
  const writable_section writable(requests, where);
  const bool in_time = home.wait(done, why, where.limit);
  if (!in_time) throw_timeout(comm, why);
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
    op->ended = outcome::done;
  } else if (op->what == operation::kind::receive) {
    post(home, *op);
  } else {
    home.note_type(*op->what_to_send.type);
    home.wire().start(*op);
  }
}

bool active(const pending& request) noexcept {
  if (!request.valid()) return false;
  const operation* op = request.under_way();
  return !op || op->started;
}

message_facts wait(pending& request, const call& where, const char* name) {
  check_valid(request, name, where);
  if (!request.under_way()) {
    request.collect();
    return request.facts();
  }
  const auto share = request.under_way()->share;
  const endpoint::guard lock(share->home());
  pending* const one[] = {&request};
  wait_for(
      one, [&] { return ended(request); }, name, where);
  const auto facts = facts_when_ended(request);
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
  const endpoint::guard lock(home);
  if (op->what == operation::kind::send)
    home.wire().withdraw(*op);
  else if (home.engine().unpost(*op))
    op->ended = outcome::cancelled;
}

std::optional<std::size_t> wait_any(std::span<pending* const> requests, const call& where,
                                    const char* name) {
  std::size_t found = requests.size();
  const auto any_ended = [&] {
    for (std::size_t i = 0; i < requests.size(); ++i) {
      if (active(*requests[i]) && ended(*requests[i])) {
        found = i;
        return true;
      }
    }
    return false;
  };
  bool any_active = false;
  for (const pending* r : requests) any_active |= active(*r);
  if (!any_active) return std::nullopt;
  if (endpoint* home = home_of(requests)) {
    const endpoint::guard lock(*home);
    wait_for(requests, any_ended, name, where);
  } else {
    any_ended();
  }
  return found;
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
  std::shared_ptr<communicator_state> share;
  for (const pending* r : requests) {
    check_valid(*r, "wait_all", where);
    if (!share && r->under_way()) share = r->under_way()->share;
  }
  if (!share) return;
  const endpoint::guard lock(share->home());
  const auto failed = [](const pending* r) {
    const operation* op = r->under_way();
    return op && op->started && op->complete() && op->ended != outcome::done &&
           op->ended != outcome::cancelled;
  };
  auto next = requests.begin();  // all before it have ended well, and stay so
  const auto finished = [&] {
    while (next != requests.end() && ended(**next) && !failed(*next)) ++next;
    // Once one has failed the others may wait for ever, so the caller hears of it at once.
    return next == requests.end() || std::any_of(next, requests.end(), failed);
  };
  wait_for(requests, finished, "wait_all", where);
  const auto bad = std::find_if(next, requests.end(), failed);
  if (bad != requests.end()) conclude(**bad);  // throws, and leaves the others as they are
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
// blocks: a receive is taken back, a send goes on with bytes of its own.
void pending::drop() noexcept {
  operation* op = std::exchange(operation_, nullptr);
  if (!op) return;
  const auto share = op->share;
  endpoint& home = share->home();
  const endpoint::guard lock(home);
  if (op->started && !op->complete()) {
    if (op->what == operation::kind::send) {
      try {
        home.detach(*op);
        return;
      } catch (...) {
        // No memory for a copy: the message is taken back rather than read from freed memory.
        home.wire().withdraw(*op);
      }
    } else {
      take_back(home, *op);
    }
  }
  home.operations().give(op);
}

}  // namespace cohort::runtime
