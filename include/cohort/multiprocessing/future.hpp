// Futures: results that will come, of pools and of what follows from them.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/detail/future_reactions.hpp>
#include <cohort/multiprocessing/detail/future_state.hpp>

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort {

// A result under way. Movable, with one holder; not for use by two threads at a time. One that is
// dropped neither blocks nor stops the work.
//   cohort::future<int> f = pool.apply_async(square, 7);
//   compute(); std::cout << f.get() << '\n';
template <class T>
class future {
 public:
  using value_type = T;

  future() = default;
  // For who makes futures.
  explicit future(std::shared_ptr<detail::future_state<T>> state) noexcept
      : state_(std::move(state)) {}

  // There is a result to wait for: not made by default, moved from, taken by get() or continued.
  bool valid() const noexcept { return state_ != nullptr; }
  // valid(), and get() would not block.
  bool ready() const noexcept { return state_ && state_->settled(); }

  // Blocks until the result or an error is there; throws timeout_error when the deadline passed
  // (waiting again is fine), request_error where the future is not valid. In a pool's own thread,
  // work of that pool that is queued for this future runs here, so that tasks may wait for tasks.
  void wait(call where = {}) const { required("wait", where).wait("wait", where); }

  // Waits, then moves the result out, once, or throws what the work threw. Throws as wait(): after
  // timeout_error it can be called again.
  T get(call where = {}) {
    required("get", where).wait("get", where);
    const auto state = std::exchange(state_, nullptr);
    if (auto error = state->take_error()) std::rethrow_exception(std::move(error));
    if constexpr (!std::is_void_v<T>) return std::move(state->value());
  }

  // Asks who works on it to give it up. True: it ends with cancelled_error (a map: unless an item
  // has failed before). False: it has ended, or runs and can't be stopped. Queued work can always
  // be cancelled; work that runs, only in a pool of processes.
  bool cancel(call where = {}) { return required("cancel", where).cancel(); }

  // `f(value)` once there is a value: in the thread that brings it, before get() can return it; at
  // once, here, where it has come. Callbacks run in the order in which they were given, those of
  // one pool one at a time; so one may give the pool work, but not wait for it. What one throws is
  // thrown by get() in place of the value.
  //   pool.apply_async(fetch, url).on_value(parse).on_error(report);
  template <class F>
  future& on_value(F&& f, call where = {}) & {
    static_assert(detail::takes_value<std::decay_t<F>&, const T>,
                  "on_value: the function must take the result, as const T&");
    required("on_value", where)
        .before_settled(
            std::make_unique<detail::value_callback<T, std::decay_t<F>>>(std::forward<F>(f)));
    return *this;
  }
  template <class F>
  future&& on_value(F&& f, call where = {}) && {
    return std::move(on_value(std::forward<F>(f), where));
  }

  // `f(std::exception_ptr)` once there is an error; else as on_value. get() throws the error
  // nevertheless; what `f` throws is dropped.
  template <class F>
  future& on_error(F&& f, call where = {}) & {
    static_assert(std::is_invocable_v<std::decay_t<F>&, std::exception_ptr>,
                  "on_error: the function must take a std::exception_ptr");
    required("on_error", where)
        .before_settled(
            std::make_unique<detail::error_callback<std::decay_t<F>>>(std::forward<F>(f)));
    return *this;
  }
  template <class F>
  future&& on_error(F&& f, call where = {}) && {
    return std::move(on_error(std::forward<F>(f), where));
  }

  // The future of `f(value)`. `f` runs once the value is there, in the thread that brings it (of a
  // pool of processes: in this process), or at once, here, where it has come; long work belongs
  // into a task. An error passes `f` by. Takes this future over; cancelling the one returned
  // cancels what it waits for.
  //   auto words = pool.apply_async(fetch, url).then(split).then(count);
  template <class F>
  auto then(F&& f, call where = {}) -> future<detail::continued_t<std::decay_t<F>, T>> {
    using result = detail::continued_t<std::decay_t<F>, T>;
    required("then", where);
    const auto before = std::exchange(state_, nullptr);
    auto after = std::make_shared<detail::future_state<result>>(
        std::make_shared<detail::upstream>(before), nullptr);
    before->after_settled(std::make_unique<detail::continuation<T, std::decay_t<F>>>(
        std::forward<F>(f), detail::promise<result>(after)));
    return future<result>(std::move(after));
  }

  // For the functions over many futures.
  detail::future_core* core() const noexcept { return state_.get(); }

 private:
  detail::future_state<T>& required(const char* name, const call& where) const {
    if (!state_) detail::throw_no_future(name, where);
    return *state_;
  }

  std::shared_ptr<detail::future_state<T>> state_;
};

namespace detail {

template <class T>
inline constexpr bool is_future = false;
template <class T>
inline constexpr bool is_future<future<T>> = true;

template <class Range>
concept range_of_futures = std::ranges::forward_range<Range> &&
                           is_future<std::remove_cv_t<std::ranges::range_value_t<Range>>>;

// The states of a range of futures, null where one is not valid. `any`: whether one is.
template <range_of_futures Range>
std::vector<future_core*> cores_of(Range& futures) {
  std::vector<future_core*> cores;
  for (auto& f : futures) cores.push_back(f.core());
  return cores;
}

void require_one(const std::vector<future_core*>& cores, const char* name, const call& where);

}  // namespace detail

// Waits until one has ended, well or not, and returns its index; get() takes its outcome. Those
// that are not valid are passed over; request_error if none is valid. Throws timeout_error.
//   for (std::size_t n = results.size(); n-- > 0;) use(results[cohort::wait_first(results)].get());
template <detail::range_of_futures Futures>
std::size_t wait_first(Futures&& futures, call where = {}) {
  const auto cores = detail::cores_of(futures);
  detail::require_one(cores, "wait_first", where);
  const auto first = detail::wait_for_first(cores, where.limit);
  if (!first) detail::throw_late("wait_first", cores.size(), where);
  return *first;
}

// Waits until one has failed and returns its index, at once although others are under way; nothing
// once all have ended well. Throws timeout_error.
//   if (auto bad = cohort::wait_first_error(results)) { pool.terminate(); results[*bad].get(); }
template <detail::range_of_futures Futures>
std::optional<std::size_t> wait_first_error(Futures&& futures, call where = {}) {
  return detail::wait_for_error(detail::cores_of(futures), where);
}

// Waits until all have ended. What they throw is thrown by their get(), not here. Those that are
// not valid are passed over. Throws timeout_error.
//   cohort::wait_all(results, cohort::within(10s));
template <detail::range_of_futures Futures>
void wait_all(Futures&& futures, call where = {}) {
  for (auto& f : futures) {
    if (f.valid()) f.core()->wait("wait_all", where);
  }
}

}  // namespace cohort
