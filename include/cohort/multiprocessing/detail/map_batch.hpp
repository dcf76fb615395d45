// A map under way: hands out chunks of its items, and puts the results together in their order.
#pragma once

#include <cohort/multiprocessing/detail/calls.hpp>
#include <cohort/multiprocessing/detail/chunk_chooser.hpp>
#include <cohort/multiprocessing/detail/future_state.hpp>
#include <cohort/multiprocessing/detail/pool_work.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::detail {

// All results of a map: a vector of them, nothing where they are nothing.
template <class R>
using mapped = std::conditional_t<std::is_void_v<R>, void, std::vector<stored_result<R>>>;

// The results of one chunk, until it has ended.
template <class R>
struct mapped_part {
  std::vector<stored_result<R>> values;  // none where R is void
  std::exception_ptr error;              // of the first item that failed
};

// What a chunk tells of its end.
template <class R>
class map_owner {
 public:
  virtual void chunk_ended(std::size_t ordinal, mapped_part<R>&& part, std::size_t items,
                           std::int64_t nanoseconds) noexcept = 0;

 protected:
  ~map_owner() = default;
};

template <class R>
class map_sink {
 public:
  map_sink(std::shared_ptr<map_owner<R>> owner, std::size_t ordinal, std::size_t items)
      : owner_(std::move(owner)), ordinal_(ordinal), items_(items) {
    if constexpr (!std::is_void_v<R>) part_.values.reserve(items);
  }

  template <class... Value>
  void value(Value&&... value) {
    if constexpr (!std::is_void_v<R>) part_.values.push_back(std::forward<Value>(value)...);
  }
  void error(std::exception_ptr why) noexcept {
    if (!part_.error) part_.error.swap(why);
  }
  void finish(std::int64_t nanoseconds) noexcept {
    std::exchange(owner_, nullptr)->chunk_ended(ordinal_, std::move(part_), items_, nanoseconds);
  }

 private:
  std::shared_ptr<map_owner<R>> owner_;
  std::size_t ordinal_;
  std::size_t items_;
  mapped_part<R> part_;
};

// Some chunks for each worker are out at a time, one that it executes and one that waits for it at
// least; whoever brings the result of one hands out the next. So a map of a million items is not a
// million things in a queue, later chunks profit from the times of earlier ones, and other users of
// the pool get their turn.
template <class E, bool Spread, class F, class T>
class map_batch final : public map_owner<item_result_t<Spread, F, T>>,
                        public future_origin,
                        public std::enable_shared_from_this<map_batch<E, Spread, F, T>> {
 public:
  using result = item_result_t<Spread, F, T>;
  using call_type = chunk_call<Spread, F, T>;
  using work_type = typename E::template work_of<call_type, map_sink<result>>;

  map_batch(std::shared_ptr<E> executor, const typename E::task_options& options, F&& function,
            item_list<T>&& items, std::size_t chunk_size)
      : executor_(std::move(executor)),
        options_(options),
        function_(std::make_shared<const F>(std::move(function))),
        items_(std::move(items)),
        chooser_(chunk_size, static_cast<std::size_t>(executor_->size()), items_.size()) {}

  // The batch begins to work; once.
  std::shared_ptr<future_state<mapped<result>>> start() {
    auto state = std::make_shared<future_state<mapped<result>>>(this->shared_from_this(), this);
    promise_ = promise<mapped<result>>(state);
    executor_->ledger().added(items_.size());
    feed();
    return state;
  }

  bool cancel(const void*) override {
    std::size_t withdrawn = withdraw();
    withdrawn += executor_->take_back(this, cancelled());
    const bool stopped = executor_->stop(this);
    return withdrawn != 0 || stopped;
  }
  void help(const void*, const awaited& what) override { executor_->help(this, what); }
  std::recursive_mutex& callback_mutex() override { return executor_->callback_mutex(); }

  void chunk_ended(std::size_t ordinal, mapped_part<result>&& part, std::size_t items,
                   std::int64_t nanoseconds) noexcept override {
    {
      const std::lock_guard lock(mutex_);
      chooser_.measured(items, nanoseconds);
      parts_[ordinal] = std::move(part);
      --out_;
    }
    feed();
  }

 private:
  // Hands out what may be out. Only one thread is in here at a time; another one that has brought a
  // result leaves it to that one, which looks again under the same lock.
  void feed() noexcept {
    std::unique_lock lock(mutex_);
    if (feeding_) return;
    feeding_ = true;
    while (out_ < executor_->most_out() && next_ < items_.size()) {
      std::unique_ptr<typename E::work> work;
      std::exception_ptr failure;
      bool refused = false;
      try {
        work = make_chunk();
        lock.unlock();
        refused = !executor_->submit(work, this, options_);
        if (refused) failure = executor_->refusal();
      } catch (...) {
        failure = std::current_exception();
      }
      if (lock.owns_lock()) lock.unlock();
      // A chunk that the executor can't take does not keep the others from being executed; without
      // workers, or memory for a chunk, there is no going on.
      if (failure && (refused || !work)) give_up(failure);
      if (failure && work) withdraw_chunk(*work, failure);
      lock.lock();
    }
    feeding_ = false;
    const bool over = out_ == 0 && next_ == items_.size() && !std::exchange(over_, true);
    lock.unlock();
    if (over) settle();
  }

  // With the lock held. Counts as out from here on.
  std::unique_ptr<typename E::work> make_chunk() {
    const std::size_t count = chooser_.next(items_.size() - next_);
    const auto first = items_.begin() + static_cast<std::ptrdiff_t>(next_);
    item_list<T> chunk(std::make_move_iterator(first),
                       std::make_move_iterator(first + static_cast<std::ptrdiff_t>(count)));
    parts_.emplace_back();
    auto work = std::make_unique<work_type>(
        call_type{function_, std::move(chunk)},
        map_sink<result>(this->shared_from_this(), parts_.size() - 1, count));
    next_ += count;
    ++out_;
    return work;
  }

  void withdraw_chunk(typename E::work& work, const std::exception_ptr& why) noexcept {
    executor_->ledger().withdrawn(work.size());
    work.fail_rest(why);
    work.finish(0);
  }

  // Takes back what has not been handed out; how many items.
  std::size_t withdraw() noexcept {
    const std::lock_guard lock(mutex_);
    const std::size_t left = items_.size() - next_;
    if (left != 0) parts_.push_back({{}, cancelled()});
    next_ = items_.size();
    executor_->ledger().withdrawn(left);
    return left;
  }

  void give_up(const std::exception_ptr& why) noexcept {
    const std::lock_guard lock(mutex_);
    executor_->ledger().withdrawn(items_.size() - next_);
    next_ = items_.size();
    if (!failure_) failure_ = why;
  }

  // All chunks have ended; nobody else touches the batch any more.
  void settle() noexcept {
    for (auto& part : parts_) {
      if (part.error) {
        failure_ = std::move(part.error);
        break;
      }
    }
    auto to = std::move(promise_);
    if (failure_) {
      parts_.clear();
      to.fail(std::exchange(failure_, nullptr));
    } else {
      settle_with(to, [this] { return together(); });
    }
  }

  mapped<result> together() {
    auto parts = std::exchange(parts_, {});
    if constexpr (!std::is_void_v<result>) {
      if (parts.size() == 1) return std::move(parts.front().values);
      std::vector<result> all;
      all.reserve(items_.size());
      for (auto& part : parts) {
        all.insert(all.end(), std::make_move_iterator(part.values.begin()),
                   std::make_move_iterator(part.values.end()));
      }
      return all;
    }
  }

  const std::shared_ptr<E> executor_;
  const typename E::task_options options_;
  const std::shared_ptr<const F> function_;
  std::mutex mutex_;
  item_list<T> items_;
  chunk_chooser chooser_;
  std::size_t next_ = 0;  // the first item that has not been handed out
  std::size_t out_ = 0;   // chunks handed out
  bool feeding_ = false;
  bool over_ = false;
  std::vector<mapped_part<result>> parts_;  // of the chunks, in order
  std::exception_ptr failure_;              // why not all were handed out
  promise<mapped<result>> promise_;
};

}  // namespace cohort::detail
