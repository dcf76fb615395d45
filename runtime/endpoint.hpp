// One rank's view of the job: its requests, its matching engine, its wire, its waiting. An object
// like any other: a process has one, a test as many as it has threads.
#pragma once

#include <cohort/call.hpp>
#include <cohort/threading.hpp>

#include "runtime/arena.hpp"
#include "runtime/backoff.hpp"
#include "runtime/matching.hpp"
#include "runtime/member.hpp"
#include "runtime/names.hpp"
#include "runtime/pool.hpp"
#include "runtime/settings.hpp"
#include "runtime/shm_wire.hpp"
#include "runtime/sleep_plan.hpp"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace cohort::runtime {

class endpoint {
 public:
  // Joins the job as member `self`: claims its slot. Throws start_error.
  endpoint(std::shared_ptr<arena> memory, std::uint32_t self, const settings& chosen,
           threading::level level);
  ~endpoint();
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;

  // Leaves the job. In good order: after all that was sent without a request has gone out. Calls on
  // this endpoint throw usage_error afterwards. May be called again.
  void leave(member_state how);

  // A section of one call: keeps other threads out where the level is `multiple`.
  class guard {
   public:
    explicit guard(endpoint& e) : endpoint_(e) {
      if (e.level_ == threading::multiple) [[unlikely]]
        e.mutex_.lock();
    }
    ~guard() {
      if (endpoint_.level_ == threading::multiple) [[unlikely]]
        endpoint_.mutex_.unlock();
    }
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;

   private:
    endpoint& endpoint_;
  };

  // False after leave(), and in a fork()ed child.
  bool usable() const { return *usable_ != 0; }
  // Throws usage_error where calls are not allowed: not usable(), or from a thread that the thread
  // level excludes.
  void check_usable(const char* operation, const call& where) const {
    if (!usable() || (level_ <= threading::funneled && std::this_thread::get_id() != owner_))
        [[unlikely]] {
      refuse(operation, where);
    }
  }

  // Moves everything on once, and looks for deaths. True if anything happened.
  bool progress() {
    bool moved = wire_.poll();
    if (deaths_pending()) [[unlikely]]
      notice_deaths();
    if (engine_.take_reposted()) [[unlikely]]
      judge_any_source();
    if (!background_.empty()) [[unlikely]]
      moved |= advance_background();
    if (!detached_.empty()) [[unlikely]]
      collect_detached();
    return moved;
  }
  // Before an operation that may take its short way and never wait: what must not wait for the next
  // one that does.
  void keep_up() {
    if (deaths_pending()) [[unlikely]]
      notice_deaths();
    if (wire_.unfinished()) [[unlikely]]
      progress();
  }
  bool deaths_pending() const {
    return memory_->header().terminal_epoch.load(std::memory_order_acquire) != epoch_;
  }
  void notice_deaths();

  // The one wait: returns true once ready() holds, false when the deadline has passed. Everything
  // moves on meanwhile. The caller holds a guard.
  template <class Ready>
  bool wait(Ready&& ready, const wait_reason& why, deadline limit) {
    return wait(ready, why, limit, nullptr, ready);
  }
  // The same for words in shared memory: whoever writes there looks at `sleepers` afterwards, and
  // if it is not 0, clears it and wakes those who are asleep. It is raised after this member counts
  // as asleep; last_look(), which holds at least where ready() does, comes once every processor has
  // seen both. So either it finds the news, or their writer finds the word.
  template <class Ready, class LastLook>
  bool wait(Ready&& ready, const wait_reason& why, deadline limit, shared_u32* sleepers,
            LastLook&& last_look);
  // The same for a wait that sleeps on words of its own as well.
  template <class Ready>
  bool wait(Ready&& ready, const wait_reason& why, deadline limit, sleep_plan& plan);
  // Whether the calling thread may wait here.
  bool open_to_this_thread() const {
    return usable() && (level_ == threading::multiple || std::this_thread::get_id() == owner_);
  }

  // How often it is worth looking for one message before anything else is done: `looks`, or once
  // where other members want this processor.
  int patient_looks(int looks) const {
    const bool impatient = chosen_.wait > wait_policy::spin ||
                           (chosen_.wait == wait_policy::automatic && crowded(memory_->header()));
    return impatient ? 1 : looks;
  }

  // Lets a pending send or collective outlive its request: it uses nothing of the caller's from now
  // on.
  void detach(operation& under_way);

  // Moves a collective on in every turn, from now until it ends or stop() is called.
  void begin(operation& collective) { background_.push_back(&collective); }
  void stop(const operation& collective) { std::erase(background_, &collective); }

  // The state in which this endpoint knows a member to be gone; `joined` for others.
  member_state gone(std::uint32_t member) const { return gone_[member]; }
  bool anybody_gone() const { return anybody_gone_; }
  // Where everybody else is gone, what this rank has sent to itself is all that a receive can hope
  // for. Ends, since nothing more is sent meanwhile.
  void take_own_messages();
  // Fail pending receives that nobody can answer any more: those from any source, or one.
  void judge_any_source();
  void judge(operation& receive) {
    if (receive.member == any_member || terminal(gone(static_cast<std::uint32_t>(receive.member))))
      end_if_unanswerable(receive);
  }

  // Makes the name of a type that is sent known to the reports of others.
  void note_type(const detail::element_type& type) {
    std::uint32_t& seen = types_seen_[type.id % types_seen_.size()];
    if (seen == type.id) [[likely]]
      return;
    seen = type.id;
    remember_name(*memory_, type.id, type.name);
  }

  std::uint32_t self() const { return self_; }
  arena& memory() const { return *memory_; }
  const std::shared_ptr<arena>& shared_memory() const { return memory_; }
  const settings& chosen() const { return chosen_; }
  threading::level level() const { return level_; }
  matching_engine& engine() { return engine_; }
  shm_wire& wire() { return wire_; }
  heap& own_heap() { return wire_.own_heap(); }
  pool<operation>& operations() { return operations_; }
  // What the layers above keep with a rank, for as long as it is one. The collectives look at
  // theirs under a guard; processes may be used by any thread, and lock.
  std::shared_ptr<void>& extension() { return extension_; }
  std::shared_ptr<void>& participant() { return participant_; }
  std::mutex& participant_mutex() { return participant_mutex_; }

 private:
  [[noreturn]] void refuse(const char* operation, const call& where) const;
  void own_bytes(operation& send);
  void end_if_unanswerable(operation& receive);
  void end_if_nobody_answers(operation& receive);
  void collect_detached();
  void let_go(operation& detached);
  bool advance_background();
  struct last_moment {
    shared_u32* sleepers;
    bool (*look)(void* context);  // true: do not sleep
    void* context;
    sleep_plan* plan;
  };
  template <class Ready>
  bool wait(Ready&& ready, const wait_reason& why, deadline limit, const last_moment& last);
  void sleep(const wait_reason& why, deadline limit, const last_moment& last);
  void rest(const wait_reason& why, deadline limit, const last_moment& last);
  bool news(const last_moment& last);
  void let_others_in();

  // Leaves a wait, in whatever way: what was published for reports of others is no longer true.
  struct wait_end {
    endpoint& mine;
    explicit wait_end(endpoint& e) : mine(e) {}
    wait_end(const wait_end&) = delete;
    wait_end& operator=(const wait_end&) = delete;
    ~wait_end() {
      if (mine.wait_published_) {
        withdraw_wait(*mine.memory_, mine.self_);
        mine.wait_published_ = false;
      }
      if (mine.level_ == threading::multiple) mine.turn_.notify_all();
    }
  };

  std::shared_ptr<arena> memory_;
  std::uint32_t self_;
  settings chosen_;
  threading::level level_;
  std::uint32_t epoch_ = 0;
  const volatile std::uint32_t* usable_ = nullptr;  // a page that a fork()ed child sees as zero
  std::uint64_t cookie_;                            // shown to peers that probe our memory
  matching_engine engine_;
  shm_wire wire_;
  pool<operation> operations_;
  std::vector<member_state> gone_;
  bool anybody_gone_ = false;
  std::array<std::uint32_t, 64> types_seen_{};
  std::vector<operation*> detached_;
  std::vector<operation*> background_;  // collectives under way
  std::thread::id owner_;
  bool left_ = false;
  bool wait_published_ = false;

  // Several threads in waits: one of them sleeps for the endpoint, the others on `turn_`.
  std::mutex mutex_;
  std::condition_variable_any turn_;
  bool sleeper_ = false;

  std::shared_ptr<void> extension_;
  std::mutex participant_mutex_;
  std::shared_ptr<void> participant_;
};

template <class Ready, class LastLook>
bool endpoint::wait(Ready&& ready, const wait_reason& why, deadline limit, shared_u32* sleepers,
                    LastLook&& last_look) {
  using look = std::remove_reference_t<LastLook>;
  const last_moment last{
      sleepers, [](void* context) -> bool { return (*static_cast<look*>(context))(); },
      const_cast<std::remove_const_t<look>*>(std::addressof(last_look)), nullptr};
  return wait(ready, why, limit, last);
}

template <class Ready>
bool endpoint::wait(Ready&& ready, const wait_reason& why, deadline limit, sleep_plan& plan) {
  return wait(ready, why, limit, last_moment{nullptr, nullptr, nullptr, &plan});
}

template <class Ready>
bool endpoint::wait(Ready&& ready, const wait_reason& why, deadline limit,
                    const last_moment& last) {
  if (ready()) return true;
  const wait_end at_the_end(*this);
  backoff pause(memory_->header(), chosen_);
  bool in_time = true;
  for (;;) {
    const bool moved = progress();
    if (ready()) break;
    if (moved) {
      pause.restart();
      let_sender_run_ahead();
    }
    const backoff::step step =
        last.plan && last.plan->at_once() ? backoff::step::sleep : pause.next();
    if (step == backoff::step::look_again) {
      cpu_relax();
    } else {
      if (!limit.never() && steady_now() >= limit.nanoseconds()) {
        in_time = false;
        break;
      }
      if (step == backoff::step::yield) pause.yield();
      if (step == backoff::step::sleep) {
        rest(why, limit, last);
        pause.restart();
      }
    }
    if (level_ == threading::multiple) let_others_in();
  }
  return in_time;
}

}  // namespace cohort::runtime
