// The ways to give work to a pool.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/detail/calls.hpp>
#include <cohort/multiprocessing/detail/map_batch.hpp>
#include <cohort/multiprocessing/detail/pool_work.hpp>
#include <cohort/multiprocessing/detail/result_source.hpp>
#include <cohort/multiprocessing/detail/single_sink.hpp>
#include <cohort/multiprocessing/future.hpp>
#include <cohort/multiprocessing/result_stream.hpp>

#include <concepts>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <ranges>
#include <type_traits>
#include <utility>

namespace cohort {

// How map and imap hand out their items.
struct map_options {
  std::size_t chunk_size = 0;  // items for a worker at a time; 0: chosen by how long they take
  std::size_t look_ahead = 0;  // imap: items read before their results are; 0: two chunks a worker
};

// What can be asked of a pool's workers; every pool is one. All functions may be called by several
// threads at a time, from tasks too. Errors of a task are thrown where its result is taken.
//   cohort::thread_pool pool(4);
//   std::vector<int> squares = pool.map([](int i) { return i * i; }, std::views::iota(0, 100));
template <class Executor>
class pool_calls {
 public:
  // f(args...) in a worker, with copies of the arguments. closed_error after close().
  //   pool.apply_async(fetch, url).on_value([&](const page& p) { file << p; });
  template <class F, class... Arguments>
  auto apply_async(F&& f, Arguments&&... arguments) -> future<
      detail::task_result_t<std::decay_t<F>, typename Executor::template kept<Arguments>...>> {
    using call_type =
        detail::single_call<std::decay_t<F>, typename Executor::template kept<Arguments>...>;
    using result = typename call_type::result;
    using work_type = typename Executor::template work_of<call_type, detail::single_sink<result>>;
    executor_->check_open("apply_async", call_site::unknown());
    auto state = std::make_shared<detail::future_state<result>>(executor_, nullptr);
    std::unique_ptr<typename Executor::work> work = std::make_unique<work_type>(
        call_type{std::forward<F>(f), {Executor::keep(std::forward<Arguments>(arguments))...}},
        detail::single_sink<result>(detail::promise<result>(state)));
    executor_->ledger().added(1);
    std::exception_ptr failure;
    try {
      if (!executor_->submit(work, state.get(), options_)) failure = executor_->refusal();
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure) {
      executor_->ledger().withdrawn(1);
      work->fail_rest(failure);
      work->finish(0);
    }
    return future<result>(std::move(state));
  }

  // The same, and waits for the result.
  template <class F, class... Arguments>
  auto apply(F&& f, Arguments&&... arguments) {
    return apply_async(std::forward<F>(f), std::forward<Arguments>(arguments)...).get();
  }

  // f(item) for every item of a range, which is read now; the results in the order of the items, in
  // a std::vector, or nothing where f returns nothing. Items are moved out of a container that is
  // given as an rvalue, else copied. All items are executed even if some fail; then the error of
  // the first of them is thrown. (imap gives the others' results as well.)
  //   auto areas = pool.map(area, shapes, {.chunk_size = 16});
  template <class F, std::ranges::input_range Items>
  auto map_async(F&& f, Items&& items, map_options how = {}, call where = {}) {
    return start_map<false>("map_async", std::forward<F>(f), std::forward<Items>(items), how,
                            where);
  }
  // The same with the parts of an item, a tuple, pair or array, as arguments.
  //   std::vector<std::pair<double, int>> items; auto powers = pool.starmap_async(power, items);
  template <class F, std::ranges::input_range Items>
  auto starmap_async(F&& f, Items&& items, map_options how = {}, call where = {}) {
    return start_map<true>("starmap_async", std::forward<F>(f), std::forward<Items>(items), how,
                           where);
  }

  // The same, waiting for the results. After timeout_error, what had not begun is cancelled.
  template <class F, std::ranges::input_range Items>
  auto map(F&& f, Items&& items, map_options how, call where = {}) {
    return collect(
        start_map<false>("map", std::forward<F>(f), std::forward<Items>(items), how, where), where);
  }
  template <class F, std::ranges::input_range Items>
  auto map(F&& f, Items&& items, call where = {}) {
    return map(std::forward<F>(f), std::forward<Items>(items), map_options(), where);
  }
  template <class F, std::ranges::input_range Items>
  auto starmap(F&& f, Items&& items, map_options how, call where = {}) {
    return collect(
        start_map<true>("starmap", std::forward<F>(f), std::forward<Items>(items), how, where),
        where);
  }
  template <class F, std::ranges::input_range Items>
  auto starmap(F&& f, Items&& items, call where = {}) {
    return starmap(std::forward<F>(f), std::forward<Items>(items), map_options(), where);
  }

  // f(item) for the items of a range that is read as the results are, some items ahead; it may be
  // endless. imap gives the results in the order of the items, imap_unordered as they come (with
  // chunks: chunk by chunk). A range given as an lvalue is referred to, not copied.
  //   for (auto& hits : pool.imap_unordered(search, files)) print(hits);
  template <class F, std::ranges::input_range Items>
  auto imap(F&& f, Items&& items, map_options how = {}, call where = {}) {
    return start_stream("imap", std::forward<F>(f), std::forward<Items>(items), true, how, where);
  }
  template <class F, std::ranges::input_range Items>
  auto imap_unordered(F&& f, Items&& items, map_options how = {}, call where = {}) {
    return start_stream("imap_unordered", std::forward<F>(f), std::forward<Items>(items), false,
                        how, where);
  }

 protected:
  using options_type = typename Executor::task_options;
  explicit pool_calls(std::shared_ptr<Executor> executor, options_type options = {})
      : executor_(std::move(executor)), options_(std::move(options)) {}
  ~pool_calls() = default;
  pool_calls(const pool_calls&) = default;
  pool_calls& operator=(const pool_calls&) = default;

  const std::shared_ptr<Executor>& executor() const noexcept { return executor_; }

 private:
  template <bool Spread, class F, class Items>
  auto start_map(const char* name, F&& f, Items&& items, const map_options& how,
                 const call& where) {
    static_assert(!std::same_as<std::ranges::sentinel_t<Items>, std::unreachable_sentinel_t>,
                  "map collects all results before it returns any; an endless range is for imap");
    using item = detail::item_of<Items>;
    using batch = detail::map_batch<Executor, Spread, std::decay_t<F>, item>;
    executor_->check_open(name, where);
    const auto started =
        std::make_shared<batch>(executor_, options_, std::decay_t<F>(std::forward<F>(f)),
                                detail::read_items(std::forward<Items>(items)), how.chunk_size);
    return future(started->start());
  }

  template <class F, class Items>
  auto start_stream(const char* name, F&& f, Items&& items, bool ordered, const map_options& how,
                    const call& where) {
    using input = std::views::all_t<Items>;
    using source = detail::stream_source<Executor, false, std::decay_t<F>, input>;
    executor_->check_open(name, where);
    auto started = std::make_shared<source>(
        executor_, options_, std::decay_t<F>(std::forward<F>(f)),
        std::views::all(std::forward<Items>(items)), ordered, how.chunk_size, how.look_ahead);
    result_stream<typename source::result> results(started);
    started->start();
    return results;
  }

  template <class Results>
  static Results collect(future<Results> results, const call& where) {
    try {
      return results.get(where);
    } catch (...) {
      if (results.valid()) results.cancel();  // the deadline has passed
      throw;
    }
  }

  std::shared_ptr<Executor> executor_;
  options_type options_;  // of all tasks that are given through this object
};

}  // namespace cohort
