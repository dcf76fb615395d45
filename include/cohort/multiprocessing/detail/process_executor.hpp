// The executor of pools whose workers are processes.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/detail/future_core.hpp>
#include <cohort/multiprocessing/detail/pool_work.hpp>
#include <cohort/multiprocessing/detail/remote_work.hpp>
#include <cohort/multiprocessing/task_options.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

namespace cohort {
struct pool_options;
}
namespace cohort::multiprocessing {
class pool_master;
}

namespace cohort::detail {

// Appends a callable and its arguments, afresh for each worker: handles are counted on their way.
using encode_initializer = std::function<void(packed_oarchive&)>;

class process_executor final : public future_origin {
 public:
  using work = remote_work;
  template <class Call, class Sink>
  using work_of = remote_work_of<Call, Sink>;
  using task_options = cohort::task_options;
  // What an argument is kept as until it is sent.
  template <class T>
  using kept = shipped_t<T>;
  template <class T>
  static kept<T> keep(T&& argument) {
    return as_shipped(std::forward<T>(argument));
  }

  process_executor(int size, const pool_options& options, encode_initializer initializer,
                   const call& where);
  ~process_executor() override;

  bool submit(std::unique_ptr<work>& what, const void* owner, const task_options& options);
  std::exception_ptr refusal() const;
  std::size_t take_back(const void* owner, const std::exception_ptr& why) noexcept;
  bool stop(const void* owner) noexcept;
  int size() const noexcept;
  std::size_t most_out() const noexcept;
  pool_ledger& ledger() noexcept { return ledger_; }
  void check_open(const char* name, const call& where) const;
  void close();
  void terminate() noexcept;
  void join(const call& where);

  bool cancel(const void* owner) override;
  void help(const void* owner, const awaited& what) override;

 private:
  pool_ledger ledger_;
  const std::unique_ptr<multiprocessing::pool_master> master_;
};

}  // namespace cohort::detail
