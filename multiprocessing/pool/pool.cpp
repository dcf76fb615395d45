// The pool of processes as its users see it: sizes, phases, and the executor in front of the
// master.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/pool.hpp>

#include "multiprocessing/pool/master.hpp"
#include "multiprocessing/process/start.hpp"
#include "runtime/system.hpp"

#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

namespace cohort {

using multiprocessing::pool_master;

namespace {

int checked_size(int size, const call& where) {
  if (size < 1) {
    throw argument_error("a pool needs at least one worker, not " + std::to_string(size),
                         {.operation = "pool", .site = where.site});
  }
  return size;
}

}  // namespace

pool::pool(call where) : pool(static_cast<int>(runtime::usable_processors()), where) {}
pool::pool(int size, call where) : pool(size, pool_options(), where) {}
pool::pool(int size, const pool_options& options, call where)
    : pool(size, options, detail::encode_initializer(), where) {}
pool::pool(int size, const pool_options& options, detail::encode_initializer initializer,
           const call& where)
    : basic_pool(std::make_shared<detail::process_executor>(checked_size(size, where), options,
                                                            std::move(initializer), where)) {}

namespace detail {

process_executor::process_executor(int size, const pool_options& options,
                                   encode_initializer initializer, const call& where)
    : master_(
          std::make_unique<pool_master>(ledger_, size, options, std::move(initializer), where)) {}
process_executor::~process_executor() = default;

bool process_executor::submit(std::unique_ptr<work>& what, const void* owner,
                              const task_options& options) {
  return master_->submit(what, owner, options);
}
std::exception_ptr process_executor::refusal() const {
  return master_->refusal();
}
std::size_t process_executor::take_back(const void* owner, const std::exception_ptr& why) noexcept {
  return master_->take_back(owner, why);
}
bool process_executor::stop(const void* owner) noexcept {
  return master_->stop(owner);
}
int process_executor::size() const noexcept {
  return master_->size();
}
std::size_t process_executor::most_out() const noexcept {
  return master_->most_out();
}
void process_executor::check_open(const char* name, const call& where) const {
  master_->check_open(name, where);
}
void process_executor::close() {
  master_->close();
}
void process_executor::terminate() noexcept {
  master_->terminate();
}
void process_executor::join(const call& where) {
  master_->join(where);
}
bool process_executor::cancel(const void* owner) {
  return take_back(owner, cancelled()) != 0 || stop(owner);
}
void process_executor::help(const void*, const awaited& what) {
  master_->help(what);
}

}  // namespace detail

namespace multiprocessing {

namespace {

object_ref make_pool_object(const participant& me, int size, const call& where) {
  if (me.entry().daemon.load(std::memory_order_acquire) != 0) {
    throw usage_error("this process (" + name_of(me) +
                          ") is a daemon, and daemons can't have children: they would be left when "
                          "it is terminated; start it with set_daemon(false)",
                      {.operation = "pool", .site = where.site});
  }
  return make_object(detail::signature_id("pool"),
                     pool_map::bytes(static_cast<std::uint64_t>(size)), "pool", where);
}

}  // namespace

pool_master::pool_master(detail::pool_ledger& ledger, int size, const pool_options& options,
                         detail::encode_initializer initializer, const call& where)
    : ledger_(ledger),
      me_(current_participant("pool", where)),
      process_(::getpid()),
      options_(options),
      initializer_(std::move(initializer)),
      object_(make_pool_object(*me_, size, where)),
      turns_(*me_, object_->payload_as<pool_layout>()) {
  if (options_.progress_bar) bar_.emplace();
  for (int i = 0; i < size; ++i) {
    lanes_.push_back(std::make_unique<lane>(object_, static_cast<std::uint32_t>(i)));
  }
  try {
    for (const auto& each : lanes_) start_worker(*each);
    service_ = std::thread([this] { serve(); });
  } catch (...) {
    for (const auto& each : lanes_) {
      if (each->process) each->process->signal(SIGKILL);
    }
    throw;
  }
}

pool_master::~pool_master() {
  if (process_ != ::getpid()) {
    // A fork()ed child: neither the thread nor the workers are its own.
    if (service_.joinable()) service_.detach();
    return;
  }
  if (service_.joinable()) service_.join();
}

std::exception_ptr pool_master::refusal() const {
  const locked lock(mutex_);
  if (broken_) return broken_;
  return std::make_exception_ptr(
      closed_error("the pool has ended before the task could begin", {.operation = "pool"}));
}

void pool_master::check_open(const char* name, const call& where) const {
  if (process_ != ::getpid()) {
    throw usage_error("this process is a fork()ed copy of the one that the pool belongs to",
                      {.operation = name, .site = where.site});
  }
  const locked lock(mutex_);
  if (phase_ != phase::open) {
    throw closed_error("the pool is closed", {.operation = name, .site = where.site});
  }
}

void pool_master::close() {
  const locked lock(mutex_);
  phase_ = std::max(phase_, phase::closed);
}

void pool_master::terminate() {
  if (process_ != ::getpid()) return;
  {
    const locked lock(mutex_);
    phase_ = phase::ended;
    for (const auto& each : lanes_) {
      if (each->process) each->process->signal(SIGTERM);
    }
  }
  take_back(nullptr, detail::cancelled());
}

void pool_master::join(const call& where) {
  if (process_ != ::getpid()) return;
  if (turns_.mine()) {
    throw usage_error("a callback can't wait for the end of the pool whose results it gets",
                      {.operation = "join", .site = where.site});
  }
  locked lock(mutex_);
  if (phase_ == phase::open) {
    throw usage_error("the pool is open; call close() or terminate() before",
                      {.operation = "join", .site = where.site});
  }
  phase_ = std::max(phase_, phase::joining);
  turns_.wake();
  const auto over = [this] { return service_over_; };
  if (where.limit.never()) {
    changed_.wait(lock, over);
    return;
  }
  const deadline::clock::time_point until{std::chrono::nanoseconds(where.limit.nanoseconds())};
  if (!changed_.wait_until(lock, until, over)) {
    throw timeout_error(
        "the workers have not ended in time; what they were given is not done, or "
        "call terminate()",
        {.operation = "join", .site = where.site});
  }
}

}  // namespace multiprocessing
}  // namespace cohort
