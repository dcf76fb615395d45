#include "runtime/endpoint.hpp"

#include <cohort/error.hpp>

#include "runtime/awake.hpp"
#include "runtime/communicator_state.hpp"
#include "runtime/system.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace cohort::runtime {

namespace {

// A page that tells parent and child of a fork() apart: the child finds it zeroed.
std::uint32_t* make_usable_page() {
  void* p = ::mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) {
    throw resource_error("no memory: " + describe_errno(errno), {.operation = "environment"});
  }
  ::madvise(p, page, MADV_WIPEONFORK);
  auto* word = static_cast<std::uint32_t*>(p);
  *word = 1;
  return word;
}

}  // namespace

endpoint::endpoint(std::shared_ptr<arena> memory, std::uint32_t self, const settings& chosen,
                   threading::level level)
    : memory_(std::move(memory)),
      self_(self),
      chosen_(chosen),
      level_(level),
      cookie_(memory_->header().cookie),
      engine_(memory_->header().capacity),
      wire_(memory_, self, chosen, engine_),
      gone_(memory_->header().capacity, member_state::joined),
      owner_(std::this_thread::get_id()) {
  if (!memory_->header().fences) {
    if (!chosen.membarrier || !membarrier_register()) {
      // Every sender must know before the first message: the job's creator decides for all.
      throw start_error(
          "this process can't use membarrier, but the process that started the job "
          "can; start the job with COHORT_MEMBARRIER=0",
          {.operation = "environment"});
    }
  }
  // Lets the other ranks copy long messages straight out of this process where the Yama security
  // module restricts that to ancestors; without Yama the call fails and nothing is lost.
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  memory_->member(self).probe_address.store(reinterpret_cast<std::uint64_t>(&cookie_),
                                            std::memory_order_release);
  usable_ = make_usable_page();
  try {
    claim_member(*memory_, self);
  } catch (...) {
    ::munmap(const_cast<std::uint32_t*>(usable_), page);
    throw;
  }
}

endpoint::~endpoint() {
  leave(member_state::left_by_throw);
  extension_.reset();  // may ask whether this endpoint is usable
  ::munmap(const_cast<std::uint32_t*>(usable_), page);
}

void endpoint::leave(member_state how) {
  if (!usable()) return;  // done already, or a fork()ed child, which is no member
  if (how == member_state::finalized) {
    const guard lock(*this);
    const wait_reason why{"finalize", no_peer, 0, 0, call_site::unknown()};
    wait([&] { return wire_.quiet() && detached_.empty(); }, why, deadline());
  }
  left_ = true;
  *const_cast<std::uint32_t*>(usable_) = 0;
  end_member(*memory_, self_, how, 0);
  // Nobody moves these on any more, and each keeps its communicator, which keeps this endpoint.
  for (operation* op : std::exchange(detached_, {})) let_go(*op);
}

void endpoint::let_go(operation& detached) {
  std::shared_ptr<communicator_state> last;
  detached.communicator->operation_ends(last);
  operations_.give(&detached);
}

void endpoint::refuse(const char* operation, const call& where) const {
  throw usage_error(
      left_ ? "the environment has ended; keep it alive until the last communication"
      : usable()
          ? "called from a thread other than the one that made the environment; make it with "
            "cohort::threading::serialized or multiple"
          : "this process is a fork()ed child of a rank and no member of the job; start new "
            "processes by exec, or communicate from the parent",
      {.rank = static_cast<int>(self_), .operation = operation, .site = where.site});
}

void endpoint::detach(operation& under_way) {
  detached_.reserve(detached_.size() + 1);  // or it would have been changed for nothing
  if (under_way.what == operation::kind::collective)
    under_way.work->detach();
  else
    own_bytes(under_way);
  under_way.detached = true;
  detached_.push_back(&under_way);
}

void endpoint::own_bytes(operation& send) {
  if (send.what_to_send.bytes != 0 && !send.owned && !send.keep) {
    send.owned = std::make_unique<byte_buffer>();
    send.owned->append(send.what_to_send.data, send.what_to_send.bytes);
    send.what_to_send.data = send.owned->data();
    wire_.relocated(send);
  }
}

void endpoint::collect_detached() {
  std::erase_if(detached_, [&](operation* op) {
    if (!op->complete()) return false;
    let_go(*op);
    return true;
  });
}

// In the order of their starts, so that ranks that go through many do so in step.
bool endpoint::advance_background() {
  return std::erase_if(background_, [](operation* op) {
           if (!op->work->advance()) return false;
           op->problem = op->work->problem();
           op->end(op->problem ? outcome::failed : outcome::done);
           return true;
         }) != 0;
}

void endpoint::notice_deaths() {
  const std::uint32_t epoch = memory_->header().terminal_epoch.load(std::memory_order_acquire);
  bool any = false;
  for (std::uint32_t m = 0; m < memory_->header().capacity; ++m) {
    if (m == self_ || terminal(gone_[m])) continue;
    const member_state now = memory_->member(m).state.load(std::memory_order_acquire);
    if (!terminal(now)) continue;
    // All that it had sent is visible: the state was published after its last instruction.
    while (wire_.poll_from(m)) {
    }
    wire_.peer_gone(m);
    engine_.source_gone(m);
    gone_[m] = now;
    anybody_gone_ = any = true;
  }
  if (any) judge_any_source();
  // Last: what throws above is tried again in the next turn, or nobody would be told.
  epoch_ = epoch;
}

void endpoint::judge_any_source() {
  take_own_messages();
  engine_.for_each_any_source([&](operation& receive) { end_if_nobody_answers(receive); });
}

void endpoint::end_if_unanswerable(operation& receive) {
  if (receive.complete() || receive.incoming) return;
  if (receive.member != any_member) {
    engine_.end_posted(receive, outcome::peer_gone, receive.member);
  } else if (receive.communicator->blocks_any_source() != any_member) {
    take_own_messages();
    end_if_nobody_answers(receive);
  }
}

// Of a receive from any source.
void endpoint::end_if_nobody_answers(operation& receive) {
  if (receive.complete() || receive.incoming) return;
  const std::int32_t dead = receive.communicator->blocks_any_source();
  if (dead != any_member) engine_.end_posted(receive, outcome::peer_gone, dead);
}

void endpoint::take_own_messages() {
  do {
    wire_.poll();
  } while (wire_.poll_from(self_));
}

// One thread sleeps for the endpoint; the others wait for it to come back with news.
void endpoint::rest(const wait_reason& why, deadline limit, const last_moment& last) {
  if (level_ != threading::multiple) {
    sleep(why, limit, last);
    return;
  }
  if (sleeper_) {
    // The sleeper does not know what this thread has begun since: stalled sends must be announced,
    // and copies go on only while somebody looks.
    armed_plan armed(last.plan);
    if (armed.news() || news(last)) return;
    if (last.plan) {
      mutex_.unlock();
      futex_wait(armed.words().all(), limit.nanoseconds());
      mutex_.lock();
      return;
    }
    if (limit.never()) {
      turn_.wait(mutex_);
    } else {
      turn_.wait_until(mutex_,
                       deadline::clock::time_point(std::chrono::nanoseconds(limit.nanoseconds())));
    }
    return;
  }
  struct turn {
    endpoint& mine;
    explicit turn(endpoint& e) : mine(e) { mine.sleeper_ = true; }
    ~turn() {
      mine.sleeper_ = false;
      mine.turn_.notify_all();  // the news may be theirs, and one of them is to sleep next
    }
  } const ours(*this);
  sleep(why, limit, last);
}

void endpoint::let_others_in() {
  mutex_.unlock();
  mutex_.lock();
}

// The last look at everything before a sleep, for which this member counts as asleep already.
bool endpoint::news(const last_moment& last) {
  if (last.sleepers) last.sleepers->store(1, std::memory_order_seq_cst);
  return wire_.arm() || deaths_pending() || (!background_.empty() && advance_background()) ||
         (last.look && last.look(last.context));
}

void endpoint::sleep(const wait_reason& why, deadline limit, const last_moment& last) {
  member_entry& me = memory_->member(self_);
  if (!wait_published_) {
    publish_wait(*memory_, self_, why);
    wait_published_ = true;
  }
  const std::uint32_t bell = me.doorbell.load(std::memory_order_seq_cst);
  struct nap {
    endpoint& mine;
    member_entry& me;
    nap(endpoint& e, member_entry& entry) : mine(e), me(entry) {
      // The flag before the last look, which comes after every processor has seen it (arm()).
      me.asleep.exchange(1, std::memory_order_seq_cst);
      mark_not_awake(mine.memory_->header(), mine.self_);
    }
    ~nap() {
      me.asleep.exchange(0, std::memory_order_seq_cst);
      mark_awake(mine.memory_->header(), mine.self_);
    }
  } const ours(*this, me);
  armed_plan armed(last.plan);
  if (!armed.news() && !news(last)) {
    const bool shared = level_ == threading::multiple;
    if (shared) mutex_.unlock();
    if (last.plan) {
      armed.words().add(me.doorbell, bell);
      futex_wait(armed.words().all(), limit.nanoseconds());
    } else {
      futex_wait(me.doorbell, bell, limit.nanoseconds());
    }
    if (shared) mutex_.lock();
  }
}

}  // namespace cohort::runtime
