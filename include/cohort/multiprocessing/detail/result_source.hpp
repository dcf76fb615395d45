// Where a result_stream reads: keeps a window of the input under way.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/detail/calls.hpp>
#include <cohort/multiprocessing/detail/chunk_chooser.hpp>
#include <cohort/multiprocessing/detail/future_core.hpp>
#include <cohort/multiprocessing/detail/pool_work.hpp>
#include <cohort/multiprocessing/detail/wake_up.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <utility>
#include <variant>
#include <vector>

namespace cohort::detail {

// By index: 0 the value, 1 the error.
template <class R>
using outcome = std::variant<stored_result<R>, std::exception_ptr>;

template <class R>
class result_source {
 public:
  virtual ~result_source() = default;
  virtual std::optional<stored_result<R>> next(const call& where) = 0;
  // Nobody reads any more.
  virtual void abandon() noexcept = 0;
};

// The side of a stream that the workers reach: chunks that have ended, by their number.
template <class R>
class ended_chunks {
 public:
  void put(std::size_t ordinal, std::vector<outcome<R>>&& outcomes, std::int64_t nanoseconds) {
    {
      const std::lock_guard lock(mutex_);
      chunks_.emplace(ordinal, chunk{std::move(outcomes), nanoseconds});
    }
    news_.ring();
  }

  struct chunk {
    std::vector<outcome<R>> outcomes;
    std::int64_t nanoseconds = 0;
  };
  // The chunk of that number; without one, any. Nothing: not there.
  std::optional<chunk> take(std::optional<std::size_t> ordinal) {
    const std::lock_guard lock(mutex_);
    const auto found = ordinal ? chunks_.find(*ordinal) : chunks_.begin();
    if (found == chunks_.end()) return std::nullopt;
    std::optional<chunk> taken(std::move(found->second));
    chunks_.erase(found);
    return taken;
  }
  bool has(std::optional<std::size_t> ordinal) const {
    const std::lock_guard lock(mutex_);
    return ordinal ? chunks_.contains(*ordinal) : !chunks_.empty();
  }
  wake_up& news() noexcept { return news_; }

 private:
  mutable std::mutex mutex_;
  std::map<std::size_t, chunk> chunks_;
  wake_up news_;
};

template <class R>
class stream_sink {
 public:
  stream_sink(std::shared_ptr<ended_chunks<R>> to, std::size_t ordinal, std::size_t items)
      : to_(std::move(to)), ordinal_(ordinal) {
    outcomes_.reserve(items);
  }
  template <class... Value>
  void value(Value&&... value) {
    outcomes_.emplace_back(std::in_place_index<0>, std::forward<Value>(value)...);
  }
  void error(std::exception_ptr why) noexcept {
    outcomes_.emplace_back(std::in_place_index<1>, std::move(why));
  }
  void finish(std::int64_t nanoseconds) noexcept {
    std::exchange(to_, nullptr)->put(ordinal_, std::move(outcomes_), nanoseconds);
  }

 private:
  std::shared_ptr<ended_chunks<R>> to_;
  std::size_t ordinal_;
  std::vector<outcome<R>> outcomes_;
};

[[noreturn]] void throw_late_stream(const call& where);

// What was read of the input and not given out yet is at most `look_ahead` items, in all: queued,
// running, ended. Only the reading thread touches the input and this object.
template <class E, bool Spread, class F, std::ranges::view Input>
class stream_source final : public result_source<item_result_t<Spread, F, item_of<Input>>> {
 public:
  using item = item_of<Input>;
  using result = item_result_t<Spread, F, item>;
  using call_type = chunk_call<Spread, F, item>;
  using work_type = typename E::template work_of<call_type, stream_sink<result>>;

  stream_source(std::shared_ptr<E> executor, const typename E::task_options& options, F&& function,
                Input&& input, bool ordered, std::size_t chunk_size, std::size_t look_ahead)
      : executor_(std::move(executor)),
        options_(options),
        function_(std::make_shared<const F>(std::move(function))),
        input_(std::move(input)),
        ordered_(ordered),
        window_(look_ahead),
        most_out_(look_ahead == 0 ? 2 * workers() : look_ahead),
        chooser_(chunk_size, workers(), largest_chunk(look_ahead)) {
    if (window_ == 0) {
      window_ = 2 * workers() * (chunk_size != 0 ? chunk_size : largest_chunk(0));
    }
  }

  // Reads the first items.
  void start() {
    for (std::size_t i = 0; i < 2 * workers() && room(); ++i) read_chunk();
  }

  std::optional<stored_result<result>> next(const call& where) override {
    if (given_ == current_.size() && !next_chunk(where)) return std::nullopt;
    --ahead_;
    auto& outcome = current_[given_++];
    if (outcome.index() == 1) std::rethrow_exception(std::move(std::get<1>(outcome)));
    return std::move(std::get<0>(outcome));
  }

  void abandon() noexcept override { executor_->take_back(ended_.get(), cancelled()); }

 private:
  std::size_t workers() const { return static_cast<std::size_t>(executor_->size()); }
  // Chunks of cheap items need not be larger for their cost to vanish.
  std::size_t largest_chunk(std::size_t look_ahead) const {
    constexpr std::size_t enough = 256;
    return look_ahead == 0 ? enough : std::max<std::size_t>(1, look_ahead / (2 * workers()));
  }
  bool room() const { return !input_over_ && ahead_ < window_ && out_ < most_out_; }
  std::optional<std::size_t> wanted() const {
    return ordered_ ? std::optional(next_ordinal_) : std::nullopt;
  }

  // Makes the next chunk the current one; false at the end. Before it waits, and once where it need
  // not, it hands more work to the workers.
  bool next_chunk(const call& where) {
    do {
      if (room()) read_chunk();
      if (out_ == 0) return false;
    } while (room() && !ended_->has(wanted()));
    const ready_chunk ready(*this, where.limit);
    if (!ready.there()) executor_->help(ended_.get(), ready);
    if (!sleep_until(ended_->news(), where.limit, [&] { return ready.there(); })) {
      throw_late_stream(where);
    }
    auto chunk = ended_->take(wanted());
    chooser_.measured(chunk->outcomes.size(), chunk->nanoseconds);
    current_ = std::move(chunk->outcomes);
    given_ = 0;
    ++next_ordinal_;
    --out_;
    return true;
  }

  class ready_chunk final : public awaited {
   public:
    ready_chunk(const stream_source& of, const deadline& until) : of_(of) { limit = until; }
    bool there() const noexcept override { return of_.ended_->has(of_.wanted()); }

   private:
    const stream_source& of_;
  };

  // Reads a chunk of the input, shorter where items are slow to come: nobody waits for the second
  // item of a slow input to get the result of the first.
  void read_chunk() {
    if (!position_) {
      position_.emplace(std::ranges::begin(input_));
    }
    const std::size_t most = std::min(chooser_.next(window_ * workers() * 2), window_ - ahead_);
    item_list<item> items;
    const auto begin = deadline::clock::now();
    try {
      while (items.size() < most) {
        if (past_item_) ++*position_;
        past_item_ = false;
        if (*position_ == std::ranges::end(input_)) {
          input_over_ = true;
          break;
        }
        items.push_back(**position_);
        past_item_ = true;
        if (items.size() < most && deadline::clock::now() - begin > slow_input) break;
      }
    } catch (...) {
      // The items before it are worth their results; the error comes where it happened.
      input_over_ = true;
      if (!items.empty()) hand_out(std::move(items));
      fail_one(std::current_exception());
      return;
    }
    if (!items.empty()) hand_out(std::move(items));
  }

  void hand_out(item_list<item>&& items) {
    const std::size_t count = items.size();
    std::unique_ptr<typename E::work> work = std::make_unique<work_type>(
        call_type{function_, std::move(items)}, stream_sink<result>(ended_, ordinal_, count));
    ++ordinal_;
    ++out_;
    ahead_ += count;
    executor_->ledger().added(count);
    std::exception_ptr failure;
    try {
      if (executor_->submit(work, ended_.get(), options_)) return;
      failure = executor_->refusal();
      input_over_ = true;  // there are no workers any more
    } catch (...) {
      failure = std::current_exception();
    }
    executor_->ledger().withdrawn(count);
    work->fail_rest(failure);
    work->finish(0);
  }

  void fail_one(std::exception_ptr why) {
    stream_sink<result> failed(ended_, ordinal_++, 1);
    ++out_;
    ++ahead_;
    failed.error(std::move(why));
    failed.finish(0);
  }

  static constexpr std::chrono::microseconds slow_input{100};

  const std::shared_ptr<E> executor_;
  const typename E::task_options options_;
  const std::shared_ptr<const F> function_;
  Input input_;
  const bool ordered_;
  std::size_t window_;          // the most items ahead
  const std::size_t most_out_;  // the most chunks ahead
  chunk_chooser chooser_;
  const std::shared_ptr<ended_chunks<result>> ended_ = std::make_shared<ended_chunks<result>>();

  std::optional<std::ranges::iterator_t<Input>> position_;
  bool past_item_ = false;  // the item at position_ has been read
  bool input_over_ = false;
  std::size_t ordinal_ = 0;       // of the next chunk that is read
  std::size_t next_ordinal_ = 0;  // of the next chunk that is given out, in order
  std::size_t out_ = 0;           // chunks read and not yet current
  std::size_t ahead_ = 0;         // items read and not yet given out
  std::vector<outcome<result>> current_;
  std::size_t given_ = 0;  // of the current chunk
};

}  // namespace cohort::detail
