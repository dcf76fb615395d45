// The pool: gives work to its workers, takes their results, and replaces those that end.
#pragma once

#include <cohort/multiprocessing/detail/process_executor.hpp>
#include <cohort/multiprocessing/pool.hpp>

#include "multiprocessing/family/participant.hpp"
#include "multiprocessing/memory/attachment.hpp"
#include "multiprocessing/pool/lane.hpp"
#include "multiprocessing/pool/progress_bar.hpp"
#include "multiprocessing/pool/service_turns.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace cohort::multiprocessing {

// The queue, the books of the lanes and the phase belong to the mutex. Code of users (what encodes
// and decodes, what futures run) is called without it: who puts a record into a lane has marked it
// as being written, and only who has the turn (service_turns.hpp) takes records, buries the dead
// and starts others. What may run such code lets go of everything that it would be missed in: a
// result is off its lane before its future is settled, so that a callback may wait for others.
class pool_master {
 public:
  pool_master(detail::pool_ledger& ledger, int size, const pool_options& options,
              detail::encode_initializer initializer, const call& where);
  ~pool_master();

  bool submit(std::unique_ptr<detail::remote_work>& what, const void* owner,
              const task_options& options);
  std::exception_ptr refusal() const;
  std::size_t take_back(const void* owner, const std::exception_ptr& why);
  bool stop(const void* owner);
  int size() const noexcept { return static_cast<int>(lanes_.size()); }
  std::size_t most_out() const noexcept { return lanes_.size() * depth(); }
  void check_open(const char* name, const call& where) const;
  void close();
  void terminate();
  void join(const call& where);
  void help(const detail::awaited& what);

 private:
  enum class phase : std::uint8_t { open, closed, joining, ended };
  using locked = std::unique_lock<std::mutex>;
  class helper_plan;

  // Giving work (giving.cpp).
  std::size_t depth() const noexcept;
  lane* roomiest();
  void feed(locked& lock);
  void give(lane& to, locked& lock);
  void requeue(std::deque<assignment>&& works);
  std::deque<assignment> recall(lane& from, const void* owner, locked& lock);
  void fail(assignment work, const std::exception_ptr& why);
  bool condemn(lane& which, const assignment& work, const std::exception_ptr& why);

  // Serving (serving.cpp); by who has the turn.
  void serve();
  bool pump();
  bool news() const;
  bool over() const;
  bool take_results(lane& from);
  void take_outcomes(lane& from, const record& next);
  void complete(lane& from, std::uint32_t number, std::int64_t nanoseconds);
  bool others_wait(const lane& idle) const;
  void take_skipped(lane& from, const record& next);
  void look_at_clock();
  void look_at_limits(std::int64_t now);
  void look_at_balance(std::int64_t now);
  void wake_by(std::int64_t time) { next_look_ = std::min(next_look_, time); }

  // Workers' lives (lives.cpp); by who has the turn, too.
  void start_worker(lane& at);
  void start_missing(std::int64_t now);
  bool bury_dead();
  void bury(lane& dead);
  void settle_executing(assignment& work, lane& dead);
  std::exception_ptr why_it_failed(const lane& dead) const;
  bool finish_idle();
  void look_at_phase(std::int64_t now);
  void count_failed_start(const lane& dead);
  void break_with(const std::exception_ptr& cause);

  detail::pool_ledger& ledger_;
  const std::shared_ptr<participant> me_;
  const pid_t process_;
  const pool_options options_;
  const detail::encode_initializer initializer_;
  const object_ref object_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // a record is written; a worker has ended
  std::vector<std::unique_ptr<lane>> lanes_;
  std::deque<assignment> queue_;
  phase phase_ = phase::open;
  std::exception_ptr broken_;
  std::atomic<int> settling_{0};  // threads that settle works, which may bring others
  bool service_over_ = false;
  std::atomic<std::int64_t> work_time_{0};  // ns that a work takes, about; 0: unknown

  // Of who has the turn.
  std::int64_t next_look_ = endless;  // when the clock is to be looked at
  std::int64_t retry_start_ = 0;      // no process could be started: not before
  std::int64_t kill_at_ = endless;
  int failed_starts_ = 0;
  std::optional<progress_bar> bar_;

  static constexpr std::int64_t endless = std::numeric_limits<std::int64_t>::max();
  service_turns turns_;
  std::thread service_;
};

}  // namespace cohort::multiprocessing
