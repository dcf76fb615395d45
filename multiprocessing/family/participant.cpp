#include "multiprocessing/family/participant.hpp"

#include <cohort/error.hpp>

#include "runtime/process.hpp"

#include <unistd.h>

#include <utility>

namespace cohort::multiprocessing {

namespace {

// Raises a word to at least `value`.
void raise(shared_u32& word, std::uint32_t value) {
  std::uint32_t now = word.load(std::memory_order_relaxed);
  while (now < value && !word.compare_exchange_weak(now, value, std::memory_order_acq_rel)) {
  }
}

thread_local std::shared_ptr<participant> thread_participant;

struct process_place {
  std::mutex mutex;
  std::shared_ptr<participant> mine;
};
process_place& process() {
  static process_place place;
  return place;
}

void mark(runtime::arena_header& job, std::uint32_t slot, bool awake) {
  shared_u64& bits = job.children_awake[slot / 64];
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  if (awake)
    bits.fetch_or(bit, std::memory_order_relaxed);
  else
    bits.fetch_and(~bit, std::memory_order_relaxed);
}

}  // namespace

participant::participant(const std::shared_ptr<runtime::endpoint>& home)
    : memory_(home->shared_memory()),
      shared_(*memory_),
      id_(make_id(home->self(), 1)),
      rank_(true),
      process_(::getpid()),
      home_(home),
      chosen_(home->chosen()) {
  shared_.open();
  participant_entry& mine = entry();
  mine.pid.store(static_cast<std::int32_t>(::getpid()), std::memory_order_relaxed);
  mine.member.store(home->self() + 1, std::memory_order_relaxed);
  mine.incarnation.store(1, std::memory_order_relaxed);
  mine.state.store(participant_state::joined, std::memory_order_release);
  raise(shared_.header().participants_end, home->memory().header().ranks);
}

participant::participant(std::shared_ptr<runtime::arena> memory, participant_id kept,
                         const runtime::settings& chosen)
    : memory_(std::move(memory)),
      shared_(*memory_),
      id_(kept),
      rank_(false),
      process_(::getpid()),
      chosen_(chosen) {
  participant_entry& mine = entry();
  mine.pid.store(static_cast<std::int32_t>(::getpid()), std::memory_order_relaxed);
  participant_state expected = participant_state::starting;
  if (mine.incarnation.load(std::memory_order_acquire) != incarnation_of(kept) ||
      !mine.state.compare_exchange_strong(expected, participant_state::joined,
                                          std::memory_order_acq_rel)) {
    throw start_error(
        "the place that was kept for this process is taken or given up; a child is started by "
        "cohort::process, and once",
        {.operation = "environment"});
  }
  mark(shared_.memory().header(), slot_of(id_), true);
}

// The end of a child is published by its parent, when the process has ended.
void participant::leave() {
  if (left_.exchange(true) || !in_own_process()) return;
  if (rank_)
    shared_.publish_end(id_, 0);
  else
    mark(shared_.memory().header(), slot_of(id_), false);
}

participant::~participant() {
  leave();
}

bool participant::in_own_process() const {
  return process_ == ::getpid();
}

bool participant::with_doorbell::arm(runtime::watched_words& words) {
  runtime::wait_word& bell = mine_.entry().doorbell;
  bell.sleepers.fetch_add(1, std::memory_order_seq_cst);
  const std::uint32_t rung = bell.value.load(std::memory_order_seq_cst);
  const bool news = inner_.arm(words);
  words.add(bell.value, rung);
  return news;
}

void participant::with_doorbell::disarm() {
  inner_.disarm();
  mine_.entry().doorbell.sleepers.fetch_sub(1, std::memory_order_seq_cst);
}

// Of a thread that has no endpoint to sleep in.
void participant::rest(runtime::sleep_plan& plan, deadline limit) {
  runtime::armed_plan armed(&plan);
  if (armed.news()) return;
  runtime::arena_header& job = shared_.memory().header();
  if (!rank_) mark(job, slot_of(id_), false);
  runtime::futex_wait(armed.words().all(), limit.nanoseconds());
  if (!rank_) mark(job, slot_of(id_), true);
}

std::shared_ptr<participant> current_participant(const char* operation, const call& where) {
  if (thread_participant) return thread_participant;
  if (const auto home = runtime::current_endpoint(); home && home->usable()) {
    const std::lock_guard lock(home->participant_mutex());
    std::shared_ptr<void>& mine = home->participant();
    if (!mine) mine = std::make_shared<participant>(home);
    return std::static_pointer_cast<participant>(mine);
  }
  const std::lock_guard lock(process().mutex);
  if (process().mine && process().mine->in_own_process()) return process().mine;
  throw usage_error(
      "there is no environment; make the first line of main `cohort::environment env(argc, argv);` "
      "and keep it alive until the last use",
      {.operation = operation, .site = where.site});
}

void set_thread_participant(std::shared_ptr<participant> mine) {
  thread_participant = std::move(mine);
}

void set_process_participant(std::shared_ptr<participant> mine) {
  const std::lock_guard lock(process().mutex);
  process().mine = std::move(mine);
}

}  // namespace cohort::multiprocessing
