// How work gets to the workers, and back before they begin it.
#include <cohort/error.hpp>

#include "multiprocessing/pool/master.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <utility>

namespace cohort::multiprocessing {

namespace {

// So much work is given to a worker at a time that it does not wait for more, and no more.
constexpr std::int64_t worth_of_time = 200'000;  // ns
constexpr std::int64_t long_work = 1'000'000;
constexpr std::int64_t most_works = 64;
constexpr std::int64_t most_bytes = 4 * 1024 * 1024;

}  // namespace

bool pool_master::submit(std::unique_ptr<detail::remote_work>& what, const void* owner,
                         const task_options& options) {
  if (what->size() > detail::task_progress::most_items) {
    throw argument_error("a chunk has " + std::to_string(what->size()) + " items, of at most " +
                             std::to_string(detail::task_progress::most_items),
                         {.operation = "pool"});
  }
  locked lock(mutex_);
  if (broken_ || phase_ == phase::ended || service_over_) return false;
  queue_.push_back({.what = std::move(what), .owner = owner, .options = options});
  feed(lock);
  // Who serves must look: at the clock, or for somebody who can do it.
  const bool look = options.hard_limit.count() > 0 || (phase_ != phase::open && !queue_.empty());
  lock.unlock();
  if (look) turns_.wake();
  return true;
}

// How many works a worker has at a time: one that it executes, and those that wait for it; none of
// these behind a long one.
std::size_t pool_master::depth() const noexcept {
  const std::int64_t each = work_time_.load(std::memory_order_relaxed);
  if (each == 0 || each > long_work) return 1;
  return static_cast<std::size_t>(std::clamp<std::int64_t>(worth_of_time / each, 2, most_works));
}

lane* pool_master::roomiest() {
  std::size_t least = depth();
  lane* found = nullptr;
  for (const auto& each : lanes_) {
    if (!each->usable() || each->given.size() >= least) continue;
    if (each->given.size() > 1 && each->bytes_given > most_bytes) continue;
    found = each.get();
    least = each->given.size();
  }
  return found;
}

void pool_master::feed(locked& lock) {
  while (!queue_.empty()) {
    lane* const to = roomiest();
    if (!to) return;
    give(*to, lock);
  }
}

void pool_master::give(lane& to, locked& lock) {
  to.given.push_back(std::move(queue_.front()));
  queue_.pop_front();
  assignment& next = to.given.back();
  next.number = to.next_number++;
  to.writing = true;
  ledger_.started(next.left());
  lock.unlock();
  std::exception_ptr failure;
  std::int64_t bytes = 0;
  try {
    bytes = to.send(next);  // from here on it may be gone
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  to.writing = false;
  to.bytes_given += bytes;
  if (failure) {
    assignment unsent = std::move(to.given.back());
    to.given.pop_back();
    ledger_.returned(unsent.left());
    settling_.fetch_add(1);
    lock.unlock();
    fail(std::move(unsent), failure);
    lock.lock();
    settling_.fetch_sub(1);
  }
  changed_.notify_all();
  // The worker could not be buried meanwhile; the end of all may have waited for the failed one.
  if (failure || to.process->ended()) turns_.wake();
}

// In front of all others, since they were.
void pool_master::requeue(std::deque<assignment>&& works) {
  for (const assignment& each : works) ledger_.returned(each.left());
  queue_.insert(queue_.begin(), std::make_move_iterator(works.begin()),
                std::make_move_iterator(works.end()));
}

// Of work that is neither in a queue nor in a lane any more; without the mutex.
void pool_master::fail(assignment work, const std::exception_ptr& why) {
  ledger_.withdrawn(work.left());
  work.what->fail_rest(why);
  work.what->finish(0);
}

// The owner's works that the worker has not begun; null: anybody's. The others, behind the first
// one of them, are queued again. What may have been begun is marked.
std::deque<assignment> pool_master::recall(lane& from, const void* owner, locked& lock) {
  changed_.wait(lock, [&] { return !from.writing; });
  const auto first =
      std::find_if(from.given.begin(), from.given.end(), [&](const assignment& each) {
        return (!owner || each.owner == owner) && !from.begun(each.number);
      });
  std::deque<assignment> wanted;
  if (first == from.given.end()) return wanted;
  auto back = from.recall(first->number);
  std::deque<assignment> others;
  for (assignment& each : back) {
    (!owner || each.owner == owner ? wanted : others).push_back(std::move(each));
  }
  requeue(std::move(others));
  for (assignment& each : from.given) {
    if (!owner || each.owner == owner) each.cancelled = true;
  }
  return wanted;
}

std::size_t pool_master::take_back(const void* owner, const std::exception_ptr& why) {
  locked lock(mutex_);
  std::deque<assignment> taken;
  std::deque<assignment> kept;
  for (assignment& each : queue_) {
    (!owner || each.owner == owner ? taken : kept).push_back(std::move(each));
  }
  queue_ = std::move(kept);
  for (const auto& each : lanes_) {
    for (assignment& work : recall(*each, owner, lock)) {
      ledger_.returned(work.left());
      taken.push_back(std::move(work));
    }
  }
  settling_.fetch_add(1);
  lock.unlock();
  std::size_t items = 0;
  for (assignment& each : taken) {
    items += each.left();
    fail(std::move(each), why);
  }
  lock.lock();
  settling_.fetch_sub(1);
  feed(lock);
  lock.unlock();
  turns_.wake();  // who serves may wait for just these, or for the end of all
  return items;
}

// The worker is killed if the item that it is at belongs to this work and has not ended.
bool pool_master::condemn(lane& which, const assignment& work, const std::exception_ptr& why) {
  constexpr int tries = 1000;  // items may end all the time
  for (int i = 0; i < tries; ++i) {
    if (!which.condemn(work)) continue;
    which.condemned_for = why;
    which.process->signal(SIGKILL);
    return true;
  }
  return false;
}

bool pool_master::stop(const void* owner) {
  const locked lock(mutex_);
  bool stopped = false;
  for (const auto& each : lanes_) {
    for (const assignment& work : each->given) {
      if (work.owner == owner && each->begun(work.number) && !each->condemned_for) {
        stopped = condemn(*each, work, detail::cancelled()) || stopped;
      }
    }
  }
  return stopped;
}

}  // namespace cohort::multiprocessing
