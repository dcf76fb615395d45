#include "multiprocessing/pool/lane.hpp"

#include <cohort/archive.hpp>
#include <cohort/detail/callable_shipping.hpp>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>
#include <utility>

namespace cohort::multiprocessing {

using detail::task_progress;

namespace {

ring_header& ring_at(const object_ref& pool, std::uint64_t offset) {
  return *reinterpret_cast<ring_header*>(pool->payload() + offset);
}

// Numbers go round.
bool before(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::int32_t>(a - b) < 0;
}

}  // namespace

lane::lane(const object_ref& pool, std::uint32_t index)
    : results(pool->owner(), pool->name(), ring_at(pool, pool_map::results(index))),
      pool_(pool),
      layout_(reinterpret_cast<lane_layout*>(pool->payload() + pool_map::lane(index))),
      area_(pool->payload() + pool_map::area(index)),
      tasks_(pool->owner(), pool->name(), ring_at(pool, pool_map::tasks(index))) {
  const region& shared = pool->owner().shared();
  ring::create(shared, ring_at(pool, pool_map::tasks(index)), pool_map::task_ring(index));
  ring::create(shared, ring_at(pool, pool_map::results(index)), pool_map::result_ring(index));
}

// The place of a callable in the worker, and whether it is there.
std::uint32_t lane::place_for(const detail::callable_identity& callable, bool& there) {
  there = false;
  if (!callable.lasting) return callable_places;
  const auto known = std::find(places_.begin(), places_.end(), callable);
  if (known != places_.end()) {
    there = true;
    return static_cast<std::uint32_t>(known - places_.begin());
  }
  return next_place_++ % callable_places;
}

std::int64_t lane::send(assignment& next) {
  detail::callable_identity callable = next.what->identity();
  bool there = false;
  const std::uint32_t place = place_for(callable, there);
  callable_.clear();
  if (!there) {
    packed_oarchive archive(callable_);
    next.what->encode_callable(archive);
  }
  gathered_.clear();
  next.what->gather_items(gathered_);

  const bool limited = next.options.hard_limit.count() > 0 || next.options.soft_limit.count() > 0;
  const work_head head{.number = next.number,
                       .first = static_cast<std::uint32_t>(next.what->settled()),
                       .end = static_cast<std::uint32_t>(next.what->size()),
                       .place = place,
                       .callable = callable_.size(),
                       .soft_limit = next.options.soft_limit.count(),
                       .limited = limited ? 1u : 0u,
                       .unused = 0};
  const std::uint64_t bytes = sizeof head + callable_.size() + gathered_.size();
  next.bytes = static_cast<std::int64_t>(bytes);
  const record_room room = tasks_.begin(static_cast<std::uint32_t>(task_record::work), bytes);
  std::memcpy(room.data, &head, sizeof head);
  if (!callable_.empty()) {
    std::memcpy(room.data + sizeof head, callable_.data(), callable_.size());
  }
  gathered_.copy_to(room.data + sizeof head + callable_.size());
  if (!there && place < callable_places) places_[place] = std::move(callable);
  tasks_.publish(room);
  layout_->tasks_come.ring();
  return static_cast<std::int64_t>(bytes);
}

void lane::send_finish() {
  tasks_.publish(tasks_.begin(static_cast<std::uint32_t>(task_record::finish), 0));
  layout_->tasks_come.ring();
}

bool lane::begun(std::uint32_t number) const {
  return !before(layout_->status.current.load(std::memory_order_seq_cst), number);
}

std::deque<assignment> lane::recall(std::uint32_t first) {
  // One range at a time: it begins where an earlier one does that the worker has not passed.
  const std::uint64_t earlier = layout_->recalled.load(std::memory_order_relaxed);
  const auto from = static_cast<std::uint32_t>(earlier >> 32);
  if (from != static_cast<std::uint32_t>(earlier) && !begun(from) && before(from, first)) {
    first = from;
  }
  layout_->recalled.store(std::uint64_t{first} << 32 | next_number, std::memory_order_seq_cst);
  std::deque<assignment> back;
  while (!given.empty() && !before(given.back().number, first) && !begun(given.back().number)) {
    bytes_given -= given.back().bytes;
    back.push_front(std::move(given.back()));
    given.pop_back();
  }
  return back;
}

std::optional<std::int64_t> lane::item_begun(const assignment& work) const {
  if (layout_->status.current.load(std::memory_order_seq_cst) != work.number) return std::nullopt;
  return static_cast<std::int64_t>(layout_->status.item_started.load(std::memory_order_acquire));
}

bool lane::condemn(const assignment& work) {
  worker_status& status = layout_->status;
  std::uint64_t word = status.progress.load(std::memory_order_seq_cst);
  if (status.current.load(std::memory_order_seq_cst) != work.number) return false;
  const task_progress at = task_progress::of(word);
  return at.number == task_progress::short_number(work.number) && at.items < work.what->size() &&
         status.progress.compare_exchange_strong(word, word | task_progress::condemned_bit,
                                                 std::memory_order_seq_cst);
}

void lane::take_unsent(assignment& work) {
  const task_progress at =
      task_progress::of(layout_->status.progress.load(std::memory_order_acquire));
  const std::uint32_t base = layout_->status.area_base.load(std::memory_order_acquire);
  if (at.number != task_progress::short_number(work.number) || base != work.what->settled() ||
      at.items <= base || at.items > work.what->size() || at.bytes > pool_map::area_bytes) {
    return;
  }
  packed_iarchive archive(std::span<const std::byte>(area_, at.bytes));
  work.what->take_outcomes(archive, at.items - base);
}

void lane::reset() {
  for (record left; tasks_.front(left);) tasks_.pop(left);
  for (record left; results.front(left);) results.pop(left);
  worker_status& status = layout_->status;
  status.progress.store(0, std::memory_order_relaxed);
  status.current.store(next_number - 1, std::memory_order_relaxed);
  status.area_base.store(0, std::memory_order_relaxed);
  status.memory.store(0, std::memory_order_relaxed);
  status.phase.store(worker_phase::starting, std::memory_order_relaxed);
  layout_->recalled.store(0, std::memory_order_relaxed);
  layout_->tasks_come.asleep.store(0, std::memory_order_relaxed);
  places_.fill({});
  process.reset();
  now = state::vacant;
  bytes_given = 0;
  condemned_for = nullptr;
}

assignment* lane::find(std::uint32_t number) {
  const auto found = std::find_if(given.begin(), given.end(),
                                  [&](const assignment& each) { return each.number == number; });
  return found != given.end() ? &*found : nullptr;
}

}  // namespace cohort::multiprocessing
