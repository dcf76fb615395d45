// A process that this one has started, as its handles and the steward share it.
#pragma once

#include "multiprocessing/family/layout.hpp"
#include "runtime/descriptor.hpp"
#include "runtime/wait_word.hpp"

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>

namespace cohort::multiprocessing {

// What is known of it before it exists.
struct child_facts {
  participant_id place = 0;  // in the family
  std::string name;
  bool daemon = false;
};

// How it ended. Apart from the child, so that by the time that anybody is told of the end, the
// steward holds nothing of it any more, its descriptor least of all.
class child_end {
 public:
  void happen(int wait_status, bool joined) {
    wait_status_ = wait_status;
    joined_ = joined;
    happened_.store(true, std::memory_order_seq_cst);
    news_.notify();
  }
  bool happened() const { return happened_.load(std::memory_order_acquire); }
  int wait_status() const { return wait_status_; }
  bool joined() const { return joined_; }
  runtime::wait_word& news() { return news_; }

 private:
  int wait_status_ = 0;
  bool joined_ = false;
  std::atomic<bool> happened_{false};
  runtime::wait_word news_{};
};

class child {
 public:
  child(child_facts facts, pid_t pid, runtime::unique_descriptor handle)
      : facts_(std::move(facts)),
        pid_(pid),
        handle_(std::move(handle)),
        end_(std::make_shared<child_end>()) {}

  const child_facts& facts() const { return facts_; }
  pid_t pid() const { return pid_; }
  // A pidfd: readable when the process has ended, a moment before ended() is true.
  int handle() const { return handle_.get(); }

  // True once it has ended, its end is published and it is reaped.
  bool ended() const { return end_->happened(); }
  // Of a process that has ended: as of waitpid, or unknown_status where somebody else in this
  // process has reaped it.
  int wait_status() const { return end_->wait_status(); }
  static constexpr int unknown_status = -1;
  // Of a process that has ended: whether it made an environment, and so became what it was started
  // for.
  bool joined() const { return end_->joined(); }
  // Notified when it has ended.
  runtime::wait_word& news() const { return end_->news(); }
  const std::shared_ptr<child_end>& end() const { return end_; }

  // False with errno. Signals that come too late, to a process that has ended, are no error.
  bool signal(int number) const;

 private:
  child_facts facts_;
  pid_t pid_;
  runtime::unique_descriptor handle_;
  std::shared_ptr<child_end> end_;
};

}  // namespace cohort::multiprocessing
