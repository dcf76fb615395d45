// Settling, watching and waiting for futures.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/detail/result_source.hpp>
#include <cohort/multiprocessing/future.hpp>

#include "runtime/system.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace cohort::detail {

bool passed(const deadline& limit) noexcept {
  return !limit.never() && runtime::steady_now() >= limit.nanoseconds();
}

void wake_up::sleep(std::uint32_t seen, const deadline& limit) noexcept {
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  // The kernel compares the count itself, after `sleepers_` can be seen.
  runtime::futex_wait(count_, seen, limit.nanoseconds());
  sleepers_.fetch_sub(1, std::memory_order_relaxed);
}

void wake_up::wake_all() noexcept {
  runtime::futex_wake(count_);
}

void future_core::react(future_reaction& callback) noexcept {
  std::unique_lock<std::recursive_mutex> one_at_a_time;
  if (origin_) one_at_a_time = std::unique_lock(origin_->callback_mutex());
  std::exception_ptr thrown;
  try {
    callback.run(*this);
  } catch (...) {
    thrown = std::current_exception();
  }
  // An error that is there is the cause, and stays; so does the first callback's.
  if (thrown && !error_) error_ = std::move(thrown);
}

void future_core::settle(std::exception_ptr error) noexcept {
  error_ = std::move(error);
  std::uint32_t unwatched = is_claimed;
  if (word_.compare_exchange_strong(unwatched, is_claimed | is_settled, std::memory_order_release,
                                    std::memory_order_relaxed)) {
    return;
  }
  std::unique_lock lock(mutex_);
  // Callbacks run without the lock: they may use the future. Whatever is added meanwhile, runs too.
  while (auto callback = std::move(callbacks_)) {
    callbacks_ = std::move(callback->next_);
    lock.unlock();
    react(*callback);
    callback.reset();
    lock.lock();
  }
  word_.fetch_or(is_settled, std::memory_order_release);
  const auto continuation = std::move(continuation_);
  for (auto* watcher = watchers_; watcher; watcher = watcher->next_) watcher->news_->ring();
  lock.unlock();
  if (continuation) continuation->run(*this);
}

void future_core::before_settled(std::unique_ptr<future_reaction> callback) {
  std::unique_lock lock(mutex_);
  if (end_of_watching()) {
    lock.unlock();
    react(*callback);
    return;
  }
  auto* end = &callbacks_;
  while (*end) end = &(*end)->next_;
  *end = std::move(callback);
}

void future_core::after_settled(std::unique_ptr<future_reaction> next) {
  std::unique_lock lock(mutex_);
  if (!end_of_watching()) {
    continuation_ = std::move(next);
    return;
  }
  lock.unlock();
  next->run(*this);
}

bool future_core::watch(future_watcher& place, wake_up& news) {
  const std::lock_guard lock(mutex_);
  if (end_of_watching()) return false;
  place.news_ = &news;
  place.next_ = watchers_;
  if (watchers_) watchers_->link_ = &place.next_;
  place.link_ = &watchers_;
  watchers_ = &place;
  return true;
}

void future_core::unwatch(future_watcher& place) noexcept {
  const std::lock_guard lock(mutex_);
  if (!place.link_) return;
  *place.link_ = place.next_;
  if (place.next_) place.next_->link_ = place.link_;
  place.link_ = nullptr;
}

bool future_core::cancel() {
  return origin_ && !settled() && origin_->cancel(owner_ ? owner_ : this);
}

void future_core::help(const awaited& what) {
  if (origin_ && !settled()) origin_->help(owner_ ? owner_ : this, what);
}

namespace {

// In the lists of all that are given, until it goes.
class watch_over {
 public:
  watch_over(std::span<future_core* const> futures, wake_up& news)
      : futures_(futures), places_(futures.size()) {
    for (std::size_t i = 0; i < futures.size(); ++i) {
      if (futures[i]) futures[i]->watch(places_[i], news);
    }
  }
  watch_over(const watch_over&) = delete;
  watch_over& operator=(const watch_over&) = delete;
  ~watch_over() {
    for (std::size_t i = 0; i < futures_.size(); ++i) {
      if (futures_[i]) futures_[i]->unwatch(places_[i]);
    }
  }

 private:
  std::span<future_core* const> futures_;
  std::vector<future_watcher> places_;
};

template <class Ready>
class awaited_until final : public awaited {
 public:
  awaited_until(const Ready& ready, const deadline& until) : ready_(ready) { limit = until; }
  bool there() const noexcept override { return ready_(); }

 private:
  const Ready& ready_;
};

bool have_one_origin(std::span<future_core* const> futures) {
  const future_core* first = nullptr;
  for (const future_core* each : futures) {
    if (!each || each->settled()) continue;
    if (!first) first = each;
    if (each->origin() != first->origin()) return false;
  }
  return true;
}

// Blocks until `ready()`, which can only come about by one of the futures being settled; false: the
// deadline passed.
template <class Ready>
bool wait_until_ready(std::span<future_core* const> futures, const deadline& limit,
                      const Ready& ready) {
  if (ready()) return true;
  awaited_until<Ready> what(ready, limit);
  what.one_origin = have_one_origin(futures);
  for (future_core* future : futures) {
    if (future) future->help(what);
    if (ready()) return true;
  }
  if (spin_until(ready)) return true;
  wake_up news;
  const watch_over watching(futures, news);
  return sleep_until(news, limit, ready);
}

}  // namespace

void future_core::wait(const char* name, const call& where) {
  future_core* const self[] = {this};
  if (!wait_until_ready(self, where.limit, [&] { return settled(); })) throw_late(name, 1, where);
}

std::optional<std::size_t> wait_for_first(std::span<future_core* const> futures,
                                          const deadline& limit) {
  std::size_t first = 0;
  const bool there = wait_until_ready(futures, limit, [&] {
    for (first = 0; first < futures.size(); ++first) {
      if (futures[first] && futures[first]->settled()) return true;
    }
    return false;
  });
  return there ? std::optional(first) : std::nullopt;
}

std::optional<std::size_t> wait_for_error(std::span<future_core* const> futures,
                                          const call& where) {
  std::optional<std::size_t> failed;
  std::size_t missing = 0;
  const bool there = wait_until_ready(futures, where.limit, [&] {
    missing = 0;
    for (std::size_t i = 0; i < futures.size(); ++i) {
      if (!futures[i]) continue;
      if (futures[i]->failed()) {
        failed = i;
        return true;
      }
      if (!futures[i]->settled()) ++missing;
    }
    return missing == 0;
  });
  if (!there) throw_late("wait_first_error", missing, where);
  return failed;
}

void require_one(const std::vector<future_core*>& cores, const char* name, const call& where) {
  const bool one = std::any_of(cores.begin(), cores.end(), [](auto* core) { return core; });
  if (!one) throw_no_future(name, where);
}

void throw_no_future(const char* name, const call& where) {
  throw request_error(
      "there is no result to wait for: the future was taken by get() or then(), moved from, or "
      "never made by a pool",
      {.operation = name, .site = where.site});
}

void throw_late(const char* name, std::size_t missing, const call& where) {
  const std::string what =
      missing == 1 ? "the result has" : std::to_string(missing) + " results have";
  throw timeout_error(what + " not come in time; the work goes on, and can be waited for again",
                      {.operation = name, .site = where.site});
}

std::exception_ptr broken_promise() {
  return std::make_exception_ptr(
      closed_error("who was to bring the result has gone without it", {.operation = "get"}));
}

std::exception_ptr cancelled() {
  return std::make_exception_ptr(
      cancelled_error("the task was cancelled before it had a result", {.operation = "get"}));
}

void throw_late_stream(const call& where) {
  throw timeout_error("the next result has not come in time; nothing is lost, ask again",
                      {.operation = "next", .site = where.site});
}

}  // namespace cohort::detail
