// What whoever has the turn does: takes results, and looks at the clock.
#include <cohort/archive.hpp>
#include <cohort/error.hpp>

#include "multiprocessing/pool/master.hpp"
#include "runtime/system.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <span>
#include <string>
#include <utility>

namespace cohort::multiprocessing {

namespace {

constexpr int results_in_a_row = 64;                // of one lane, before the others are looked at
constexpr std::int64_t balance_interval = 200'000;  // ns
constexpr std::int64_t bar_interval = 100'000'000;

deadline at_time(std::int64_t nanoseconds) {
  return deadline(deadline::clock::time_point(std::chrono::nanoseconds(nanoseconds)));
}

packed_iarchive archive_of(const record& next) {
  return packed_iarchive(std::span(next.data, static_cast<std::size_t>(next.bytes)));
}

}  // namespace

void pool_master::serve() {
  turns_.begin();
  for (;;) {
    while (pump()) {
    }
    {
      const locked lock(mutex_);
      service_over_ = over();
      if (service_over_) break;
    }
    turns_.sleep([this] { return news(); }, at_time(next_look_));
  }
  bar_.reset();
  changed_.notify_all();
}

bool pool_master::over() const {
  return phase_ >= phase::joining && queue_.empty() && settling_.load() == 0 &&
         std::all_of(lanes_.begin(), lanes_.end(),
                     [](const auto& each) { return each->now == lane::state::vacant; });
}

bool pool_master::news() const {
  return turns_.woken() || std::any_of(lanes_.begin(), lanes_.end(), [this](const auto& each) {
           return each->results.readable() || each->bereft(*me_);
         });
}

// One round. Whether anything has happened.
bool pool_master::pump() {
  bool any = turns_.woken();
  if (any) turns_.heard();
  for (const auto& each : lanes_) any = take_results(*each) || any;
  any = bury_dead() || any;
  const std::int64_t now = any || next_look_ != endless ? runtime::steady_now() : 0;
  if (any || now >= next_look_) {
    if (now >= next_look_) next_look_ = endless;
    look_at_phase(now);
    look_at_clock();
  }
  return any;
}

bool pool_master::take_results(lane& from) {
  int taken = 0;
  for (record next; taken < results_in_a_row && from.results.front(next); ++taken) {
    switch (static_cast<result_record>(next.type)) {
      case result_record::outcomes:
        take_outcomes(from, next);
        break;
      case result_record::skipped:
        take_skipped(from, next);
        break;
      case result_record::ready: {
        from.results.pop(next);
        const locked lock(mutex_);
        if (from.now == lane::state::starting) from.now = lane::state::ready;
        failed_starts_ = 0;
        break;
      }
      case result_record::broken: {
        packed_iarchive archive = archive_of(next);
        const std::exception_ptr cause = detail::decode_error(archive);
        from.results.pop(next);
        break_with(cause);
        break;
      }
      case result_record::leaving: {
        from.results.pop(next);
        const locked lock(mutex_);
        from.now = lane::state::finishing;
        break;
      }
      default:
        from.results.pop(next);
    }
  }
  return taken != 0;
}

// A record that makes no sense ends its worker: nobody knows what that would do next.
void pool_master::take_outcomes(lane& from, const record& next) {
  packed_iarchive archive = archive_of(next);
  outcomes_head head{};
  detail::remote_work* what = nullptr;
  std::exception_ptr problem;
  try {
    archive.load_binary(&head, sizeof head, "outcomes of tasks");
    {
      const locked lock(mutex_);
      if (assignment* const found = from.find(head.number)) what = found->what.get();
    }
    if (!what || head.first != what->settled() || head.count > what->size() - what->settled()) {
      detail::throw_malformed("these outcomes are of no task that the worker has");
    }
    const std::size_t before = what->settled();
    what->take_outcomes(archive, head.count);
    ledger_.ended(what->settled() - before);
  } catch (...) {
    problem = std::current_exception();
  }
  from.results.pop(next);
  if (problem) {
    const locked lock(mutex_);
    from.condemned_for = problem;
    if (from.process) from.process->signal(SIGKILL);
  } else if (what->settled() == what->size()) {
    complete(from, head.number, head.nanoseconds);
  }
}

void pool_master::complete(lane& from, std::uint32_t number, std::int64_t nanoseconds) {
  locked lock(mutex_);
  const auto found = std::find_if(from.given.begin(), from.given.end(),
                                  [&](const assignment& each) { return each.number == number; });
  if (found == from.given.end()) return;
  const std::unique_ptr<detail::remote_work> done = std::move(found->what);
  from.bytes_given -= found->bytes;
  from.given.erase(found);
  // Half the weight is the newest one's: tasks change from call to call.
  if (nanoseconds > 0) {
    const std::int64_t known = work_time_.load(std::memory_order_relaxed);
    work_time_.store(known == 0 ? nanoseconds : (known + nanoseconds + 1) / 2,
                     std::memory_order_relaxed);
  }
  settling_.fetch_add(1);
  feed(lock);
  if (from.given.empty() && others_wait(from)) wake_by(runtime::steady_now() + balance_interval);
  lock.unlock();
  done->finish(nanoseconds);
  settling_.fetch_sub(1);
}

// Whether a worker has works that this one could have.
bool pool_master::others_wait(const lane& idle) const {
  return lanes_.size() > 1 && std::any_of(lanes_.begin(), lanes_.end(), [&](const auto& each) {
           return each.get() != &idle && each->given.size() > 1;
         });
}

// The worker found it recalled when it was about to begin.
void pool_master::take_skipped(lane& from, const record& next) {
  std::uint32_t number = 0;
  if (next.bytes >= sizeof number) std::memcpy(&number, next.data, sizeof number);
  from.results.pop(next);
  locked lock(mutex_);
  const auto found = std::find_if(from.given.begin(), from.given.end(),
                                  [&](const assignment& each) { return each.number == number; });
  if (found == from.given.end()) return;
  std::deque<assignment> back;
  back.push_back(std::move(*found));
  from.bytes_given -= back.front().bytes;
  from.given.erase(found);
  if (!back.front().cancelled) {
    requeue(std::move(back));
    feed(lock);
    return;
  }
  ledger_.returned(back.front().left());
  settling_.fetch_add(1);
  lock.unlock();
  fail(std::move(back.front()), detail::cancelled());
  settling_.fetch_sub(1);
}

void pool_master::look_at_clock() {
  const std::int64_t now = runtime::steady_now();
  look_at_limits(now);
  look_at_balance(now);
  if (bar_) {
    bar_->show(ledger_.now());
    wake_by(now + bar_interval);
  }
}

void pool_master::look_at_limits(std::int64_t now) {
  const locked lock(mutex_);
  for (const auto& each : lanes_) {
    for (const assignment& work : each->given) {
      const std::int64_t limit = work.options.hard_limit.count();
      if (limit <= 0 || each->condemned_for) continue;
      const auto begun = each->item_begun(work);
      const std::int64_t due = (begun ? *begun : now) + limit;
      if (now < due) {
        wake_by(due);
        continue;
      }
      const bool late = condemn(*each, work,
                                std::make_exception_ptr(timeout_error(
                                    "the task has run for longer than its hard limit of " +
                                        std::to_string(static_cast<double>(limit) * 1e-9) +
                                        " s, and its worker was killed",
                                    {.operation = "pool"})));
      if (!late) wake_by(now + limit);
    }
  }
}

// Works that wait behind a long one go to workers that have none.
void pool_master::look_at_balance(std::int64_t now) {
  locked lock(mutex_);
  const bool idle = std::any_of(lanes_.begin(), lanes_.end(), [](const auto& each) {
    return each->usable() && each->given.empty();
  });
  if (!idle || !queue_.empty()) return;
  for (const auto& each : lanes_) {
    if (each->given.size() < 2 || each->writing) continue;
    const std::uint32_t at = each->last_begun();
    if (std::exchange(each->seen_at, at) != at) {
      wake_by(now + balance_interval);
      continue;
    }
    const auto first = std::find_if(each->given.begin(), each->given.end(),
                                    [&](const auto& work) { return !each->begun(work.number); });
    if (first != each->given.end()) requeue(each->recall(first->number));
  }
  feed(lock);
}

// A thread that waits for a result.
class pool_master::helper_plan final : public runtime::sleep_plan {
 public:
  helper_plan(pool_master& pool, const detail::awaited& what) : pool_(pool), what_(what) {}
  bool arm(runtime::watched_words& words) override {
    shared_u32& asleep = pool_.turns_.helper_bell().asleep;
    asleep.store(1, std::memory_order_seq_cst);
    words.add(asleep, 1);
    return what_.there() || pool_.news();
  }
  void disarm() override { pool_.turns_.helper_bell().asleep.store(0, std::memory_order_seq_cst); }

 private:
  pool_master& pool_;
  const detail::awaited& what_;
};

void pool_master::help(const detail::awaited& what) {
  if (!what.one_origin || process_ != ::getpid()) return;
  const bool nested = turns_.mine();  // in a callback
  if (!nested && !turns_.take()) return;
  const auto leave = [&] {
    if (!nested) turns_.leave([this] { return news(); }, at_time(next_look_));
  };
  const runtime::wait_reason why{"get", runtime::no_peer, 0, 0, call_site::unknown()};
  helper_plan plan(*this, what);
  try {
    while (!what.there()) {
      if (pump()) continue;
      const deadline limit = at_time(std::min(what.limit.nanoseconds(), next_look_));
      const bool ready = me_->wait(
          plan, [&] { return what.there() || news(); }, why, limit);
      if (!ready && runtime::steady_now() >= what.limit.nanoseconds()) break;
    }
  } catch (...) {
    leave();
    throw;
  }
  leave();
}

}  // namespace cohort::multiprocessing
