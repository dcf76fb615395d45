// Looks after the processes that one participant has started: a thread of its own starts them,
// learns of their ends, tells the family and reaps.
#pragma once

#include <cohort/call.hpp>

#include "multiprocessing/family/child.hpp"
#include "multiprocessing/family/orphans.hpp"
#include "multiprocessing/family/participant.hpp"
#include "multiprocessing/family/spawn.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace cohort::multiprocessing {

// The thread is made for the first child. It starts them all, since the signal that kills a child
// when its parent dies is bound to the thread that started it; this one lives as long as its owner
// is a participant.
//
// An end is first published in the family, while the process is still a zombie, so that its number
// stays its own until everybody can know that it is dead; then it is reaped; then those who wait
// here are told. Children of the dead are taken over, so that their ends are published as well.
class steward {
 public:
  explicit steward(participant& owner);
  // Kills those that are left, waits for their ends and ends the thread.
  ~steward();
  steward(const steward&) = delete;
  steward& operator=(const steward&) = delete;

  // The owner's, made on first use.
  static std::shared_ptr<steward> of(participant& owner);
  // wind_down() and the end of the owner's, if it has one.
  static void dismiss(participant& owner, bool abandon);

  // Starts a program that is to join the family, in the steward's thread. Throws what spawn()
  // throws, and usage_error after wind_down(); the place stays the caller's then.
  std::shared_ptr<child> start(const spawn_plan& plan, child_facts facts);

  // Those that have not ended, in the order of their starts.
  std::vector<std::shared_ptr<child>> living() const;

  // Number 1 for the first process that the owner names.
  std::uint32_t next_number();

  // Called by wind_down(), the last one first.
  void at_exit(std::function<void()> finalizer);

  // The end of the owner's process, in this order: runs the finalizers, terminates the daemons
  // (those that do not end by SIGTERM within a second are killed), and waits for the other
  // processes. Where `abandon` says that the process ends by an exception, all are terminated:
  // nobody will serve them any more. No process can be started afterwards.
  void wind_down(bool abandon);

 private:
  struct request {
    const spawn_plan& plan;
    child_facts facts;
    std::shared_ptr<child> result;
    std::exception_ptr problem;
    bool done = false;
  };

  void begin_thread();
  void end_thread();
  void ring();
  void work();
  void carry_out(request& wanted);
  bool watch(int handle);
  void forget(int handle);
  void handle_end(int handle);
  void child_has_ended(std::shared_ptr<child> ended);
  void take_over_children_of(participant_id dead);
  void await(child& process, deadline limit);

  participant& owner_;
  const pid_t process_;
  std::mutex start_mutex_;  // one start after the other
  mutable std::mutex mutex_;
  std::condition_variable answered_;
  request* request_ = nullptr;
  bool stopping_ = false;
  bool over_ = false;
  std::vector<std::shared_ptr<child>> children_;
  std::vector<std::function<void()>> finalizers_;
  std::atomic<std::uint32_t> numbers_{0};

  runtime::unique_descriptor bell_;    // an eventfd: there is a request
  runtime::unique_descriptor events_;  // an epoll of the bell and all handles
  std::vector<orphan> orphans_;        // of the thread alone
  std::thread thread_;
};

}  // namespace cohort::multiprocessing
