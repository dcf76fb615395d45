// Threads that execute work from one queue.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/thread_pool.hpp>

#include "multiprocessing/pool/broken_pool.hpp"
#include "runtime/system.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace cohort {

namespace {

int checked_size(int size, const call& where) {
  if (size < 1) {
    throw argument_error("a pool needs at least one worker, not " + std::to_string(size),
                         {.operation = "thread_pool", .site = where.site});
  }
  return size;
}

}  // namespace

thread_pool::thread_pool(call where)
    : thread_pool(static_cast<int>(runtime::usable_processors()), nullptr, where) {}
thread_pool::thread_pool(int size, call where) : thread_pool(size, nullptr, where) {}
thread_pool::thread_pool(int size, std::function<void()> initializer, call where)
    : basic_pool(std::make_shared<detail::thread_executor>(checked_size(size, where),
                                                           std::move(initializer), where)) {}

namespace detail {

thread_executor::thread_executor(int size, std::function<void()> initializer, const call& where)
    : size_(size), initializer_(std::move(initializer)) {
  threads_.reserve(static_cast<std::size_t>(size));
  try {
    for (int i = 0; i < size; ++i) {
      const std::lock_guard lock(mutex_);  // the thread counts from when it can run
      threads_.emplace_back([this] { run(); });
      ++alive_;
      ++at_work_;
    }
  } catch (const std::system_error& failed) {
    terminate();
    join(where);
    throw resource_error("thread " + std::to_string(threads_.size() + 1) + " of " +
                             std::to_string(size) + " can't be started: " + failed.what(),
                         {.operation = "thread_pool", .site = where.site});
  }
}

thread_executor::~thread_executor() = default;

bool thread_executor::submit(std::unique_ptr<work>& what, const void* owner, const task_options&) {
  const std::lock_guard lock(mutex_);
  if (broken_ || phase_ == phase::ended || (phase_ == phase::closed && alive_ == 0)) return false;
  queue_.emplace_back().owner = owner;  // first: what throws leaves the work to the caller
  queue_.back().what = std::move(what);
  if (idle_ != 0) work_or_end_.notify_one();
  return true;
}

std::exception_ptr thread_executor::refusal() const {
  const std::lock_guard lock(mutex_);
  if (broken_) return broken_;
  return std::make_exception_ptr(
      closed_error("the pool has ended before the task could begin", {.operation = "thread_pool"}));
}

void thread_executor::check_open(const char* name, const call& where) const {
  const std::lock_guard lock(mutex_);
  if (phase_ != phase::open) {
    throw closed_error("the pool is closed", {.operation = name, .site = where.site});
  }
}

std::size_t thread_executor::take_back(const void* owner, const std::exception_ptr& why) noexcept {
  std::deque<queued> taken;
  {
    const std::lock_guard lock(mutex_);
    if (!owner) {
      taken.swap(queue_);
    } else {
      const auto others = std::stable_partition(queue_.begin(), queue_.end(),
                                                [&](const queued& q) { return q.owner != owner; });
      taken.assign(std::make_move_iterator(others), std::make_move_iterator(queue_.end()));
      queue_.erase(others, queue_.end());
    }
  }
  std::size_t items = 0;
  for (auto& [what, whose] : taken) {
    items += what->size();
    ledger_.withdrawn(what->size());
    what->fail_rest(why);
    what->finish(0);
  }
  // A thread may have waited for just this before it ends.
  const std::lock_guard lock(mutex_);
  if (nothing_to_come()) work_or_end_.notify_all();
  return items;
}

void thread_executor::close() {
  const std::lock_guard lock(mutex_);
  phase_ = std::max(phase_, phase::closed);
  work_or_end_.notify_all();
}

void thread_executor::terminate() noexcept {
  {
    const std::lock_guard lock(mutex_);
    phase_ = phase::ended;
    work_or_end_.notify_all();
  }
  take_back(nullptr, cancelled());
}

void thread_executor::join(const call& where) {
  if (is_worker()) {
    throw usage_error("a task can't wait for the end of the pool that executes it",
                      {.operation = "join", .site = where.site});
  }
  std::unique_lock lock(mutex_);
  if (phase_ == phase::open) {
    throw usage_error("the pool is open; call close() or terminate() before",
                      {.operation = "join", .site = where.site});
  }
  const auto ended = [this] { return alive_ == 0; };
  if (where.limit.never()) {
    thread_ended_.wait(lock, ended);
  } else {
    const deadline::clock::time_point until{std::chrono::nanoseconds(where.limit.nanoseconds())};
    if (!thread_ended_.wait_until(lock, until, ended)) {
      throw timeout_error(std::to_string(alive_) + " of " + std::to_string(size_) +
                              " workers have not ended in time",
                          {.operation = "join", .site = where.site});
    }
  }
  // They have nothing left to do but to return. Only one caller gets them to join.
  std::vector<std::thread> threads = std::exchange(threads_, {});
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
}

bool thread_executor::is_worker() const noexcept {
  const std::lock_guard lock(mutex_);
  return std::any_of(threads_.begin(), threads_.end(), [](const std::thread& thread) {
    return thread.get_id() == std::this_thread::get_id();
  });
}

void thread_executor::help(const void* owner, const awaited& what) {
  if (!is_worker()) return;
  while (!what.there()) {
    std::unique_ptr<work> own;
    {
      const std::lock_guard lock(mutex_);
      const auto found = std::find_if(queue_.begin(), queue_.end(),
                                      [&](const queued& q) { return q.owner == owner; });
      if (found == queue_.end()) return;
      own = std::move(found->what);
      queue_.erase(found);
    }
    execute(std::move(own));
  }
}

void thread_executor::execute(std::unique_ptr<work> what) noexcept {
  const std::size_t items = what->size();
  ledger_.started(items);
  const std::int64_t begin = runtime::steady_now();
  what->execute();
  const std::int64_t nanoseconds = runtime::steady_now() - begin;
  ledger_.ended(items);
  what->finish(nanoseconds);
}

bool thread_executor::initialize() noexcept {
  std::exception_ptr failure;
  try {
    if (initializer_) initializer_();
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) break_with(failure);
  return !failure;
}

void thread_executor::break_with(const std::exception_ptr& cause) noexcept {
  std::exception_ptr why =
      multiprocessing::broken_pool(cause, "its initializer has failed", "thread_pool");
  {
    const std::lock_guard lock(mutex_);
    if (!broken_) broken_ = why;
    why = broken_;
  }
  take_back(nullptr, why);
}

void thread_executor::run() noexcept {
  initialize();
  std::unique_lock lock(mutex_);
  for (;;) {
    --at_work_;
    if (nothing_to_come()) work_or_end_.notify_all();
    ++idle_;
    work_or_end_.wait(lock, [this] { return !queue_.empty() || nothing_to_come(); });
    --idle_;
    if (queue_.empty()) break;
    ++at_work_;
    auto what = std::move(queue_.front().what);
    queue_.pop_front();
    lock.unlock();
    execute(std::move(what));
    lock.lock();
  }
  --alive_;
  thread_ended_.notify_all();
}

}  // namespace detail
}  // namespace cohort
