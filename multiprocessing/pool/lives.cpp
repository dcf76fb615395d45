// How a pool's workers begin and end.
#include <cohort/archive.hpp>
#include <cohort/detail/callable_shipping.hpp>
#include <cohort/error.hpp>

#include "multiprocessing/family/steward.hpp"
#include "multiprocessing/pool/broken_pool.hpp"
#include "multiprocessing/pool/master.hpp"
#include "multiprocessing/pool/worker.hpp"
#include "multiprocessing/process/origin.hpp"
#include "multiprocessing/process/start.hpp"
#include "runtime/system.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <string>
#include <utility>

namespace cohort::multiprocessing {

namespace {

constexpr int most_failed_starts = 20;
constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t start_pause = second / 10;
constexpr std::int64_t time_to_terminate = second;
constexpr std::int64_t time_to_finish = 10 * second;

std::string describe_end(int status) {
  if (status == child::unknown_status) return "has ended";
  if (WIFSIGNALED(status)) {
    return "was ended by signal " + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")";
  }
  return "has ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

void pool_master::start_worker(lane& at) {
  worker_start start;
  start.object = me_->memory()->offset_of(object_->payload());
  start.index = object_->name().index;
  start.generation = object_->name().generation;
  start.lane =
      static_cast<std::uint32_t>(std::find_if(lanes_.begin(), lanes_.end(),
                                              [&](const auto& each) { return each.get() == &at; }) -
                                 lanes_.begin());
  start.tasks_limit = options_.tasks_per_worker;
  start.memory_limit = options_.memory_per_worker;
  if (initializer_) {
    packed_oarchive archive;
    initializer_(archive);
    start.initializer.assign(archive.bytes().begin(), archive.bytes().end());
  }

  child_plan plan;
  const std::string own = me_->is_rank() ? "" : std::string(me_->entry().lineage) + ":";
  plan.lineage = own + std::to_string(steward::of(*me_)->next_number());
  plan.name = "worker-" + plan.lineage;
  plan.daemon = true;
  packed_oarchive archive(plan.start);
  archive << start_facts{name_of(*me_), ::getpid(), 0};
  detail::encode_callable<void, worker_start>(archive, worker_main());
  detail::encode_arguments(archive, start);
  auto process = start_child(*me_, plan);
  const locked lock(mutex_);
  at.process = std::move(process);
  at.now = lane::state::starting;
}

// Workers for the lanes that have none, where there may be work for them.
void pool_master::start_missing(std::int64_t now) {
  for (const auto& each : lanes_) {
    if (each->now != lane::state::vacant) continue;
    {
      const locked lock(mutex_);
      if (broken_ || phase_ == phase::ended || (phase_ == phase::joining && queue_.empty())) return;
    }
    if (now < retry_start_) {
      wake_by(retry_start_);
      return;
    }
    try {
      start_worker(*each);
    } catch (...) {
      const bool all = std::all_of(lanes_.begin(), lanes_.end(), [](const auto& other) {
        return other->now == lane::state::vacant;
      });
      if (all) {
        break_with(std::current_exception());
        return;
      }
      // Others work: there may be room for one more again.
      retry_start_ = now + start_pause;
      wake_by(retry_start_);
      return;
    }
  }
  locked lock(mutex_);
  feed(lock);
}

bool pool_master::bury_dead() {
  bool any = false;
  for (const auto& each : lanes_) {
    if (!each->bereft(*me_)) continue;
    // What woke us is the news in the family; the steward is about to reap it.
    const runtime::wait_reason why{"pool", runtime::no_peer, 0, 0, call_site::unknown()};
    me_->wait(
        each->process->news(), [&] { return each->process->ended(); }, why, deadline());
    while (take_results(*each)) {
    }
    bury(*each);
    any = true;
  }
  return any;
}

void pool_master::bury(lane& dead) {
  std::deque<assignment> works;
  {
    locked lock(mutex_);
    changed_.wait(lock, [&] { return !dead.writing; });
    works = std::exchange(dead.given, {});
    dead.now = lane::state::finishing;
  }
  settling_.fetch_add(1);
  count_failed_start(dead);
  const std::uint32_t begun = dead.last_begun();
  std::deque<assignment> back;
  for (assignment& each : works) {
    if (each.number == begun) settle_executing(each, dead);
    if (each.left() == 0) {
      each.what->finish(0);
      continue;
    }
    std::exception_ptr refused;
    {
      const locked lock(mutex_);
      refused = broken_;
      if (!refused && (phase_ == phase::ended || each.cancelled)) refused = detail::cancelled();
    }
    if (refused) {
      ledger_.returned(each.left());
      fail(std::move(each), refused);
    } else {
      back.push_back(std::move(each));
    }
  }
  locked lock(mutex_);
  dead.reset();
  requeue(std::move(back));
  settling_.fetch_sub(1);
  feed(lock);
}

// What it has done is taken; the item that it was at is repeated or fails.
void pool_master::settle_executing(assignment& work, lane& dead) {
  std::exception_ptr why = dead.condemned_for;
  const std::size_t before = work.what->settled();
  try {
    dead.take_unsent(work);
  } catch (...) {
    why = std::current_exception();
  }
  if (work.what->settled() != before) work.deaths = 0;
  if (work.left() != 0) {
    const bool repeat = !why && work.deaths < work.options.retries;
    if (repeat) {
      ++work.deaths;
    } else {
      work.deaths = 0;
      work.what->fail_next(why ? why : why_it_failed(dead));
    }
  }
  ledger_.ended(work.what->settled() - before);
}

std::exception_ptr pool_master::why_it_failed(const lane& dead) const {
  {
    const locked lock(mutex_);
    if (broken_) return broken_;
    if (phase_ == phase::ended) return detail::cancelled();
  }
  const child& process = *dead.process;
  std::string text = process.facts().name + " (pid " + std::to_string(process.pid()) + ", " +
                     me_->memory()->header().host + ") " + describe_end(process.wait_status()) +
                     " while it executed this task";
  if (const auto memory = dead.shared().status.memory.load(std::memory_order_relaxed);
      memory != 0) {
    text += "; it had " + std::to_string(memory >> 20) + " MiB of memory when last looked at";
  }
  return std::make_exception_ptr(
      process_failed(text + "; tasks that are safe to repeat can be: pool::with({.retries = …})",
                     {.operation = "pool"}));
}

// A worker that dies before its first task would be followed by others for ever.
void pool_master::count_failed_start(const lane& dead) {
  if (dead.shared().status.phase.load(std::memory_order_acquire) != worker_phase::starting ||
      dead.condemned_for) {
    return;
  }
  {
    const locked lock(mutex_);
    if (broken_ || phase_ == phase::ended) return;
  }
  const child& process = *dead.process;
  const std::string who = process.facts().name + " (pid " + std::to_string(process.pid()) + ") " +
                          describe_end(process.wait_status());
  if (!process.joined() && WIFEXITED(process.wait_status())) {
    break_with(std::make_exception_ptr(
        start_error(who + " without having made an environment: the first line of main must be "
                          "`cohort::environment env(argc, argv);`",
                    {.operation = "pool"})));
  } else if (++failed_starts_ >= most_failed_starts) {
    break_with(std::make_exception_ptr(process_failed(
        who + " before its first task, as those before it have", {.operation = "pool"})));
  }
}

void pool_master::break_with(const std::exception_ptr& cause) {
  std::deque<assignment> queued;
  std::exception_ptr why;
  {
    const locked lock(mutex_);
    if (!broken_) broken_ = broken_pool(cause, "its workers can't begin", "pool");
    why = broken_;
    queued = std::exchange(queue_, {});
    for (const auto& each : lanes_) {
      if (!each->process) continue;
      each->condemned_for = why;
      each->process->signal(SIGKILL);
    }
    settling_.fetch_add(1);
  }
  for (assignment& each : queued) fail(std::move(each), why);
  settling_.fetch_sub(1);
}

// Tells the workers to end once nothing is left to do; whether it has told one.
bool pool_master::finish_idle() {
  const locked lock(mutex_);
  const bool idle = phase_ == phase::joining && queue_.empty() && settling_.load() == 0 &&
                    std::all_of(lanes_.begin(), lanes_.end(), [](const auto& each) {
                      return each->given.empty() && !each->writing;
                    });
  bool told = false;
  for (const auto& each : lanes_) {
    if (!idle || !each->usable()) continue;
    each->send_finish();
    each->now = lane::state::finishing;
    told = true;
  }
  return told;
}

// The end of the pool, step by step, and the replacement of workers until then.
void pool_master::look_at_phase(std::int64_t now) {
  start_missing(now);
  if (finish_idle()) kill_at_ = now + time_to_finish;
  {
    const locked lock(mutex_);
    if (phase_ == phase::ended) kill_at_ = std::min(kill_at_, now + time_to_terminate);
  }
  if (now < kill_at_) {
    if (kill_at_ != endless) wake_by(kill_at_);
    return;
  }
  for (const auto& each : lanes_) {
    if (each->process) each->process->signal(SIGKILL);
  }
}

}  // namespace cohort::multiprocessing
