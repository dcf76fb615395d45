// A pool of processes.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/callable_shipping.hpp>
#include <cohort/multiprocessing/basic_pool.hpp>
#include <cohort/multiprocessing/callable.hpp>
#include <cohort/multiprocessing/detail/process_executor.hpp>
#include <cohort/multiprocessing/remote_error.hpp>
#include <cohort/multiprocessing/task_options.hpp>
#include <cohort/multiprocessing/this_task.hpp>

#include <cstddef>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

namespace cohort {

// Zero: none.
struct pool_options {
  // A worker that has executed so many tasks (items of maps count each) is replaced. It finishes
  // the chunk that it has.
  std::size_t tasks_per_worker = 0;
  // The same for one whose resident memory has grown beyond so many bytes.
  std::size_t memory_per_worker = 0;
  // On standard error, if that is a terminal: how far the pool is.
  bool progress_bar = false;
};

// Workers are processes, started like a cohort::process and daemons; the interface is basic_pool's.
// Functions, arguments and results travel as bytes: `shippable` (callable.hpp) says what a function
// may be, and archives what a value may be.
//
// One worker executes one task at a time. A worker that ends fails the task that it was at, with
// process_failed, or repeats it (task_options::retries); what it had not begun goes to others, and
// another worker takes its place: there are never more than size() at a time. What a task throws is
// thrown where its result is taken, see remote_error.
//
// Callbacks run in this process: in a thread of the pool's, or in one that waits for a result. A
// running task can be cancelled: its worker is killed and replaced.
//
// The destructor ends the workers, if need be by force, within about a second.
//   cohort::pool pool(4);
//   std::vector<int> squares = pool.map([](int i) { return i * i; }, std::views::iota(0, 100));
class pool : public basic_pool<detail::process_executor> {
 public:
  // One worker for each processor that this process may use.
  explicit pool(call where = {});
  // `size` workers. Throws argument_error for less than one; usage_error without an environment and
  // in a daemon; start_error and resource_error where no process can be started. About a
  // millisecond for each.
  explicit pool(int size, call where = {});
  pool(int size, const pool_options& options, call where = {});
  // Each worker calls initializer(arguments...) before its first task. Where that throws, or
  // 20 workers in a row die in it, the pool is broken: all tasks fail with closed_error, which has
  // the cause nested in it.
  //   cohort::pool pool(4, {}, open_database, "file.db");
  template <class F, class... Arguments>
    requires shippable<F>
  pool(int size, const pool_options& options, F&& initializer, Arguments&&... arguments)
      : pool(size, options,
             detail::encode_initializer(
                 [f = std::decay_t<F>(std::forward<F>(initializer)),
                  kept = std::tuple<detail::shipped_t<Arguments>...>{detail::as_shipped(
                      std::forward<Arguments>(arguments))...}](packed_oarchive& archive) {
                   detail::encode_callable<void, detail::shipped_t<Arguments>...>(archive, f);
                   std::apply(
                       [&](const auto&... each) { detail::encode_arguments(archive, each...); },
                       kept);
                 })) {}

  // The same workers, for tasks with these options.
  //   auto pages = pool.with({.hard_limit = 5s, .retries = 2}).map(fetch, urls);
  class calls : public pool_calls<detail::process_executor> {
    friend class pool;
    using pool_calls::pool_calls;
  };
  calls with(const task_options& options) const { return calls(executor(), options); }

 private:
  pool(int size, const pool_options& options, detail::encode_initializer initializer,
       const call& where = {});
};

}  // namespace cohort
