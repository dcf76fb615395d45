// The interface of all pools, whatever their workers are.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/pool_calls.hpp>

#include <cstddef>
#include <memory>
#include <utility>

namespace cohort {

// Workers that execute functions. thread_pool and pool are the pools there are; Executor is theirs
// (detail/pool_work.hpp says what one has to be). The destructor is terminate() and join(). No call
// waits for ever as long as tasks end.
template <class Executor>
class basic_pool : public pool_calls<Executor> {
 public:
  basic_pool(const basic_pool&) = delete;
  basic_pool& operator=(const basic_pool&) = delete;

  // Workers.
  int size() const noexcept { return this->executor()->size(); }

  // Items of all calls together.
  pool_progress progress() const noexcept { return this->executor()->ledger().now(); }

  // Cancels all that is queued; returns how many items that were. What runs goes on.
  std::size_t cancel_queued() { return this->executor()->take_back(nullptr, detail::cancelled()); }

  // No further calls; what was given before is executed. Streams that have not read all of their
  // input go on as long as join() has not returned.
  void close() { this->executor()->close(); }
  // No further calls, and what is queued is cancelled. A pool of processes kills what runs; threads
  // finish what they are at.
  void terminate() { this->executor()->terminate(); }
  // Waits until all workers have ended. usage_error before close() or terminate(), and in a worker;
  // timeout_error.
  void join(call where = {}) { this->executor()->join(where); }

 protected:
  explicit basic_pool(std::shared_ptr<Executor> executor)
      : pool_calls<Executor>(std::move(executor)) {}
  ~basic_pool() {
    this->executor()->terminate();
    this->executor()->join(call_site::unknown());
  }
};

}  // namespace cohort
