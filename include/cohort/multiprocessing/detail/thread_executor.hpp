// The executor of thread pools: one queue, and threads that take from it.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/detail/future_core.hpp>
#include <cohort/multiprocessing/detail/pool_work.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::detail {

// Everything behind the mutex. Threads end when nothing is queued and nobody is at work (who is may
// submit more) after close() or terminate(), so the pool's chunks of a map that is under way are
// still handed out. Code of users, initializers, tasks and what futures run, is never called with
// the mutex held.
class thread_executor final : public future_origin {
 public:
  using work = native_work;
  struct task_options {};  // there are none
  template <class T>
  using kept = std::decay_t<T>;
  template <class T>
  static T&& keep(T&& argument) noexcept {
    return std::forward<T>(argument);
  }
  template <class Call, class Sink>
  using work_of = native_work_of<Call, Sink>;

  thread_executor(int size, std::function<void()> initializer, const call& where);
  ~thread_executor() override;

  bool submit(std::unique_ptr<work>& what, const void* owner, const task_options&);
  std::exception_ptr refusal() const;
  std::size_t take_back(const void* owner, const std::exception_ptr& why) noexcept;
  bool stop(const void*) noexcept { return false; }  // a thread can't be
  int size() const noexcept { return size_; }
  // One that a worker executes, and one that waits for it.
  std::size_t most_out() const noexcept { return 2 * static_cast<std::size_t>(size_); }
  pool_ledger& ledger() noexcept { return ledger_; }
  void check_open(const char* name, const call& where) const;
  void close();
  void terminate() noexcept;
  void join(const call& where);

  bool cancel(const void* owner) override { return take_back(owner, cancelled()) != 0; }
  // In a thread of this pool: runs what the owner has in the queue.
  void help(const void* owner, const awaited& what) override;

 private:
  enum class phase : std::uint8_t { open, closed, ended };
  struct queued {
    std::unique_ptr<work> what;
    const void* owner = nullptr;
  };

  void run() noexcept;
  bool initialize() noexcept;
  void execute(std::unique_ptr<work> what) noexcept;
  void break_with(const std::exception_ptr& cause) noexcept;
  bool is_worker() const noexcept;
  bool nothing_to_come() const noexcept {
    return phase_ != phase::open && queue_.empty() && at_work_ == 0;
  }

  const int size_;
  const std::function<void()> initializer_;
  pool_ledger ledger_;

  mutable std::mutex mutex_;
  std::condition_variable work_or_end_;
  std::condition_variable thread_ended_;
  std::deque<queued> queue_;
  phase phase_ = phase::open;
  std::exception_ptr broken_;  // why all tasks fail
  int at_work_ = 0;            // threads that execute something, or have not begun yet
  int idle_ = 0;               // threads that wait for work
  int alive_ = 0;
  std::vector<std::thread> threads_;  // changed before the pool is used and by join() only
};

}  // namespace cohort::detail
