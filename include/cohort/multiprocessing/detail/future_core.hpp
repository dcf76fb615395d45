// What all futures share, whatever their type: the one word that says how far the result is, who
// waits for it, and what runs when it comes.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/detail/wake_up.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

namespace cohort::detail {

class future_core;

// What a thread is about to wait for.
class awaited {
 public:
  virtual bool there() const noexcept = 0;
  deadline limit;
  // Only work of the origin that is asked can bring it about: who helps may sleep for that alone.
  bool one_origin = true;

 protected:
  ~awaited() = default;
};

// Who will settle a future: a pool. `owner` tells its futures apart: it is what the future was
// made with.
class future_origin {
 public:
  virtual ~future_origin() = default;
  // Asks that the owner's work be given up. True: the future ends with cancelled_error (or has
  // already); false: it is too late, or there is no way.
  virtual bool cancel(const void* owner) = 0;
  // The calling thread is going to sleep until `what.there()`, for which the owner's work is
  // needed. An origin that needs somebody's time can take it here; it may return whenever it likes,
  // and should by `what.limit`. A pool's own threads run the owner's queued work here: tasks that
  // wait for tasks of the same pool would otherwise take all its threads.
  virtual void help(const void* /*owner*/, const awaited& /*what*/) {}
  // Held while callbacks run, so that those of one pool run one at a time. Recursive: a callback
  // may give another future a callback, which runs at once.
  virtual std::recursive_mutex& callback_mutex() { return callbacks_; }

 private:
  std::recursive_mutex callbacks_;
};

// Something that runs once, when a future is about to be settled (a callback) or has been (a
// continuation).
class future_reaction {
 public:
  virtual ~future_reaction() = default;
  virtual void run(future_core& settled) = 0;

 private:
  friend class future_core;
  std::unique_ptr<future_reaction> next_;
};

// A thread's place in the list of those who wait for one future.
class future_watcher {
  friend class future_core;
  wake_up* news_ = nullptr;
  future_watcher* next_ = nullptr;
  future_watcher** link_ = nullptr;  // what points at this one; null: in no list
};

// The word has three bits. `claimed`: somebody has taken on to settle; that happens once, and who
// comes later is too late. `settled`: the outcome stands, set after it with release, read with
// acquire. `watched`: somebody has taken the mutex to leave a callback, a continuation or a
// watcher; without it, settling is one compare-and-swap. The lists belong to the mutex, and nothing
// is added to them once `settled` is set.
//
// Watchers stand on their threads' stacks: they are rung, and take themselves out, under the mutex.
class future_core {
 public:
  future_core() = default;
  future_core(std::shared_ptr<future_origin> origin, const void* owner)
      : origin_(std::move(origin)), owner_(owner) {}
  future_core(const future_core&) = delete;
  future_core& operator=(const future_core&) = delete;

  bool settled() const noexcept {
    return (word_.load(std::memory_order_acquire) & is_settled) != 0;
  }
  // Settled, with an error.
  bool failed() const noexcept { return settled() && error_; }

  // The right to settle, which the first gets who asks. settle() must follow.
  bool claim() noexcept {
    return (word_.fetch_or(is_claimed, std::memory_order_acquire) & is_claimed) == 0;
  }
  // After claim(), and after the value has been stored: runs the callbacks, publishes the outcome,
  // wakes who waits, runs the continuation.
  void settle(std::exception_ptr error = nullptr) noexcept;

  // Throws timeout_error.
  void wait(const char* name, const call& where);
  bool cancel();
  void help(const awaited& what);
  // After the end: whoever rethrows is the only holder then.
  std::exception_ptr take_error() noexcept { return std::exchange(error_, nullptr); }
  const std::exception_ptr& error() const noexcept { return error_; }

  // Runs `react` before the outcome can be seen, in the thread that settles; at once where it is
  // settled. What it throws takes the place of a value.
  void before_settled(std::unique_ptr<future_reaction> react);
  // Runs `react` after the end, in the thread that settles; at once where it is settled. One only.
  void after_settled(std::unique_ptr<future_reaction> react);

  // From the moment of watch(), `news` rings when this is settled; false: it is settled, and
  // nothing rings. Every watch() is followed by unwatch().
  bool watch(future_watcher& place, wake_up& news);
  void unwatch(future_watcher& place) noexcept;

  const std::shared_ptr<future_origin>& origin() const noexcept { return origin_; }

 private:
  static constexpr std::uint32_t is_claimed = 1;
  static constexpr std::uint32_t is_settled = 2;
  static constexpr std::uint32_t is_watched = 4;

  // With the mutex held: whether it is too late to leave anything.
  bool end_of_watching() noexcept {
    return (word_.fetch_or(is_watched, std::memory_order_acquire) & is_settled) != 0;
  }
  void react(future_reaction& callback) noexcept;

  std::atomic<std::uint32_t> word_{0};
  std::mutex mutex_;
  std::unique_ptr<future_reaction> callbacks_;  // in the order in which they came
  std::unique_ptr<future_reaction> continuation_;
  future_watcher* watchers_ = nullptr;
  std::exception_ptr error_;
  std::shared_ptr<future_origin> origin_;
  const void* owner_ = nullptr;  // null: this
};

// Blocks until one of them is settled, and returns its index; nothing: the deadline passed. Null
// ones are passed over; at least one is not null.
std::optional<std::size_t> wait_for_first(std::span<future_core* const> futures,
                                          const deadline& limit);
// Blocks until one has failed, and returns its index, or until all are settled: nothing then.
// Throws timeout_error.
std::optional<std::size_t> wait_for_error(std::span<future_core* const> futures, const call& where);

[[noreturn]] void throw_no_future(const char* name, const call& where);
[[noreturn]] void throw_late(const char* name, std::size_t missing, const call& where);
// The errors of a promise that nobody kept, and of work that was taken back before it began.
std::exception_ptr broken_promise();
std::exception_ptr cancelled();

}  // namespace cohort::detail
