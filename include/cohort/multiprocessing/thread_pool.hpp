// A pool of threads, for tasks that share this process's memory.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/basic_pool.hpp>
#include <cohort/multiprocessing/detail/thread_executor.hpp>

#include <functional>

namespace cohort {

// The interface is basic_pool's, the same as that of a pool of processes; nothing is encoded, so
// functions may capture and take anything, move-only results and references to what outlives them
// (std::ref) included. What is shared, the tasks protect.
//
// A task may wait for tasks of its own pool: those that are queued run in its thread meanwhile.
//   cohort::thread_pool pool;
//   double total = pool.apply(sum, std::cref(large));
class thread_pool : public basic_pool<detail::thread_executor> {
 public:
  // One thread for each processor that this process may use.
  explicit thread_pool(call where = {});
  // `size` threads; argument_error for less than one. `initializer` runs in each thread before its
  // tasks; where one throws, the pool is broken: all tasks fail with closed_error, which has the
  // cause in its text and nested in it (std::nested_exception). Throws resource_error where the
  // system has no more threads.
  explicit thread_pool(int size, call where = {});
  thread_pool(int size, std::function<void()> initializer, call where = {});
};

}  // namespace cohort
