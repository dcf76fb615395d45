// The seam between a pool's algorithms (apply, map, imap: written once, in pool_calls.hpp,
// map_batch.hpp and result_source.hpp) and its executor: threads of this process, processes, or
// other ranks.
//
// The algorithms hand over **work**: one function and some items, to be executed in order by one
// worker. A class of work is put together from two types that the algorithms choose:
//   Call: `size()` items; `call(i)` executes item i, once, and returns Call::result or throws.
//     calls.hpp has them all, with their data public for executors that encode it.
//   Sink: `value(r)` (`value()` for void) or `error(e)` for each item, in order, then `finish(ns)`
//     once: it settles futures, and may submit more work and run code of users.
// deliver() gives one item's outcome to a sink.
//
// An executor E is a class derived from future_origin and held by shared_ptr, with
//   E::work: derived from pool_work; what it queues.
//   E::work_of<Call, Sink>: derived from E::work, made from (Call&&, Sink&&).
//   E::kept<T>, E::keep(T&&): what an argument that is given as a T is kept as.
//   E::task_options: what tasks are given along, time limits say. A pool's class may offer
//     `with(options)`, which returns a pool_calls made with them.
//   bool submit(unique_ptr<E::work>& what, const void* owner, const E::task_options&): takes and
//     queues it; never waits for a worker. False: there are no workers any more. Then, and where it
//     throws, the work was not taken: the caller settles it. An item that can't be encoded is
//     settled by fail_next() when it is its turn, so that the others of its chunk are executed.
//   exception_ptr refusal() const: why submit() has said no.
//   size_t take_back(const void* owner, exception_ptr why) noexcept: fails and finishes the queued
//     work of one owner (null: of all), counts it as withdrawn; returns how many items that were.
//   bool stop(const void* owner): ends running work of the owner, which fails with cancelled_error;
//     false: it can't, or there is none.
//   int size() const: workers.
//   size_t most_out() const: how many works one batch should have out at a time, so that no worker
//     waits for work.
//   pool_ledger& ledger(): the algorithms call added(), and withdrawn() for what was not taken; the
//     executor calls the rest, and ended() before finish().
//   void check_open(const char* name, const call&) const: throws closed_error after close() and
//     terminate().
//   void close(), terminate(), join(const call&): as basic_pool says.
//   cancel(owner), of future_origin: take_back() and stop(); it is asked for single tasks.
//   help(owner, awaited), of future_origin: the calling thread will sleep until awaited.there();
//     an executor whose results somebody must read can have them read here.
//
// What every executor owes: each work that it has taken is finished exactly once, with every item
// settled before, from any thread and with no lock held.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <type_traits>
#include <utility>

namespace cohort {

// How far a pool is, in items.
struct pool_progress {
  std::uint64_t done = 0;     // ended, well or not
  std::uint64_t running = 0;  // given to a worker, and not ended
  std::uint64_t queued = 0;   // not given to a worker
  std::uint64_t total() const noexcept { return done + running + queued; }
};

namespace detail {

// Counts of items. Relaxed: they are for being shown. Each is changed before the future of the item
// is settled, so who has seen a result sees it counted.
class pool_ledger {
 public:
  void added(std::size_t items) noexcept { add(queued_, items); }
  void withdrawn(std::size_t items) noexcept { add(queued_, -static_cast<std::int64_t>(items)); }
  void started(std::size_t items) noexcept {
    add(running_, items);
    withdrawn(items);
  }
  void returned(std::size_t items) noexcept {  // a worker died before it came to them
    added(items);
    add(running_, -static_cast<std::int64_t>(items));
  }
  void ended(std::size_t items) noexcept {
    add(done_, items);
    add(running_, -static_cast<std::int64_t>(items));
  }
  pool_progress now() const noexcept {
    return {.done = seen(done_), .running = seen(running_), .queued = seen(queued_)};
  }

 private:
  using counter = std::atomic<std::int64_t>;
  template <class Count>
  static void add(counter& where, Count items) noexcept {
    where.fetch_add(static_cast<std::int64_t>(items), std::memory_order_relaxed);
  }
  static std::uint64_t seen(const counter& where) noexcept {
    const auto value = where.load(std::memory_order_relaxed);
    return value > 0 ? static_cast<std::uint64_t>(value) : 0;
  }

  counter queued_{0};
  counter running_{0};
  counter done_{0};
};

// One message's worth of work. Items settle in order: the first settled() of them have an outcome.
class pool_work {
 public:
  pool_work() = default;
  pool_work(const pool_work&) = delete;
  pool_work& operator=(const pool_work&) = delete;
  virtual ~pool_work() = default;

  virtual std::size_t size() const noexcept = 0;
  std::size_t settled() const noexcept { return settled_; }
  // Settles the next item with an error: it was being executed when its worker died, for instance.
  virtual void fail_next(std::exception_ptr why) noexcept = 0;
  void fail_rest(const std::exception_ptr& why) noexcept {
    while (settled() < size()) fail_next(why);
  }
  // Tells the sink, which has every item's outcome. `nanoseconds`: what the items took, for the
  // choice of the size of chunks; 0: unknown.
  virtual void finish(std::int64_t nanoseconds) noexcept = 0;

 protected:
  std::size_t settled_ = 0;
};

// The outcome of `make()` to the sink. The error leaves its handler before others can see it, so
// that its memory belongs to whom it is given to.
template <class R, class Sink, class Make>
void deliver(Sink& sink, Make&& make) noexcept {
  std::exception_ptr failure;
  try {
    if constexpr (std::is_void_v<R>) {
      make();
      sink.value();
    } else {
      sink.value(make());
    }
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) sink.error(std::move(failure));
}

// The common part of all work_of: a call and its sink.
template <class Base, class Call, class Sink>
class work_with : public Base {
 public:
  work_with(Call&& what, Sink&& to) : call_(std::move(what)), sink_(std::move(to)) {}
  std::size_t size() const noexcept override { return call_.size(); }
  void fail_next(std::exception_ptr why) noexcept override {
    ++this->settled_;
    sink_.error(std::move(why));
  }
  void finish(std::int64_t nanoseconds) noexcept override { sink_.finish(nanoseconds); }

 protected:
  Call call_;
  Sink sink_;
};

// Work that is executed in this process, by whoever calls execute().
class native_work : public pool_work {
 public:
  virtual void execute() noexcept = 0;
};
template <class Call, class Sink>
class native_work_of final : public work_with<native_work, Call, Sink> {
 public:
  using work_with<native_work, Call, Sink>::work_with;
  void execute() noexcept override {
    for (; this->settled_ < this->call_.size(); ++this->settled_) {
      deliver<typename Call::result>(
          this->sink_, [this]() -> decltype(auto) { return this->call_(this->settled_); });
    }
  }
};

}  // namespace detail
}  // namespace cohort
