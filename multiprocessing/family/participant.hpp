// One process of the family as it sees itself: its place in the table, its locks and waits, and the
// objects that it holds.
#pragma once

#include <cohort/call.hpp>

#include "multiprocessing/family/region.hpp"
#include "runtime/backoff.hpp"
#include "runtime/endpoint.hpp"
#include "runtime/settings.hpp"
#include "runtime/sleep_plan.hpp"
#include "runtime/wait_word.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <type_traits>
#include <unordered_map>

namespace cohort::multiprocessing {

class attachment;
class steward;

class participant {
 public:
  // Of a rank: claims the slot that is its own.
  explicit participant(const std::shared_ptr<runtime::endpoint>& home);
  // Of a child: joins at the place that its parent has kept for it. Throws start_error.
  participant(std::shared_ptr<runtime::arena> memory, participant_id kept,
              const runtime::settings& chosen);
  // This process uses nothing shared any more: what it holds is given back. May be called again.
  void leave();
  bool left() const { return left_.load(std::memory_order_acquire); }
  // False in a fork()ed child, which is no member of the family and does not have its memory.
  bool in_own_process() const;
  ~participant();
  participant(const participant&) = delete;
  participant& operator=(const participant&) = delete;

  participant_id id() const { return id_; }
  const region& shared() const { return shared_; }
  const std::shared_ptr<runtime::arena>& memory() const { return memory_; }
  participant_entry& entry() const { return shared_.participant(slot_of(id_)); }
  const runtime::settings& chosen() const { return chosen_; }
  bool is_rank() const { return rank_; }

  // Waits until ready() holds: true; or until the deadline has passed: false. Whoever makes it true
  // notifies `news` afterwards; every death makes it look again, too. In the thread that may use
  // the rank's endpoint, messages are moved on meanwhile. `at_once`: without spinning first.
  template <class Ready>
  bool wait(runtime::wait_word& news, Ready&& ready, const runtime::wait_reason& why,
            deadline limit, bool at_once = false);
  // The same with a plan of the caller's, whose arm() looks at the condition.
  template <class Ready>
  bool wait(runtime::sleep_plan& plan, Ready&& ready, const runtime::wait_reason& why,
            deadline limit);

  // Objects that are attached, by index: an attachment is shared by all handles of this process.
  // Used by attachment alone.
  std::mutex& attachments_mutex() { return attachments_mutex_; }
  std::unordered_map<std::uint32_t, std::weak_ptr<attachment>>& attachments() {
    return attachments_;
  }

  // The thread that looks after this process's children; made on first use, under its mutex.
  std::mutex& steward_mutex() { return steward_mutex_; }
  std::shared_ptr<steward>& children() { return steward_; }

 private:
  // Adds what every sleeper here sleeps on as well: news of a death.
  class with_doorbell final : public runtime::sleep_plan {
   public:
    with_doorbell(participant& mine, runtime::sleep_plan& inner)
        : sleep_plan(inner.at_once()), mine_(mine), inner_(inner) {}
    bool arm(runtime::watched_words& words) override;
    void disarm() override;

   private:
    participant& mine_;
    runtime::sleep_plan& inner_;
  };
  void rest(runtime::sleep_plan& plan, deadline limit);

  std::shared_ptr<runtime::arena> memory_;
  region shared_;
  participant_id id_;
  bool rank_;
  std::int32_t process_;
  std::weak_ptr<runtime::endpoint> home_;
  runtime::settings chosen_;
  std::atomic<bool> left_{false};

  std::mutex attachments_mutex_;
  std::unordered_map<std::uint32_t, std::weak_ptr<attachment>> attachments_;
  std::mutex steward_mutex_;
  std::shared_ptr<steward> steward_;
};

// Sleeps on a wait word until `ready` holds.
template <class Ready>
class word_plan final : public runtime::sleep_plan {
 public:
  word_plan(runtime::wait_word& word, Ready& ready, bool at_once)
      : sleep_plan(at_once), word_(word), ready_(ready) {}
  bool arm(runtime::watched_words& words) override {
    word_.sleepers.fetch_add(1, std::memory_order_seq_cst);
    words.add(word_.value, word_.value.load(std::memory_order_seq_cst));
    return ready_();
  }
  void disarm() override { word_.sleepers.fetch_sub(1, std::memory_order_seq_cst); }

 private:
  runtime::wait_word& word_;
  Ready& ready_;
};

template <class Ready>
bool participant::wait(runtime::wait_word& news, Ready&& ready, const runtime::wait_reason& why,
                       deadline limit, bool at_once) {
  if (ready()) return true;
  word_plan<std::remove_reference_t<Ready>> plan(news, ready, at_once);
  return wait(plan, ready, why, limit);
}

template <class Ready>
bool participant::wait(runtime::sleep_plan& plan, Ready&& ready, const runtime::wait_reason& why,
                       deadline limit) {
  if (ready()) return true;
  with_doorbell both(*this, plan);
  if (const auto home = home_.lock(); home && home->open_to_this_thread()) {
    const runtime::endpoint::guard lock(*home);
    return home->wait(ready, why, limit, both);
  }
  runtime::backoff pause(shared_.memory().header(), chosen_);
  for (;;) {
    if (ready()) return true;
    const runtime::backoff::step step =
        plan.at_once() ? runtime::backoff::step::sleep : pause.next();
    if (step == runtime::backoff::step::look_again) {
      runtime::cpu_relax();
      continue;
    }
    if (!limit.never() && runtime::steady_now() >= limit.nanoseconds()) return false;
    if (step == runtime::backoff::step::yield) pause.yield();
    if (step == runtime::backoff::step::sleep) {
      rest(both, limit);
      pause.restart();
    }
  }
}

// The participant that the calling thread acts for: its own if it has one; its rank's, made on
// first use; or the child's that this process is. Throws usage_error where there is no environment.
std::shared_ptr<participant> current_participant(const char* operation, const call& where);
// Of a process that was started as a child: from now on, until its end.
void set_process_participant(std::shared_ptr<participant> mine);
// Of a thread that acts for a process of its own, in tests.
void set_thread_participant(std::shared_ptr<participant> mine);

}  // namespace cohort::multiprocessing
