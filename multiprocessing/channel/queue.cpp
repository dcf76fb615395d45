// Queues are a ring behind two locks, one for those who put and one for those who get.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/detail/queue_calls.hpp>

#include "multiprocessing/channel/queue_state.hpp"
#include "multiprocessing/channel/transfer.hpp"
#include "runtime/names.hpp"

#include <string>

namespace cohort::detail {

namespace mp = multiprocessing;

namespace {

constexpr std::size_t largest_bound = std::size_t{1} << 31;

mp::queue_state& state_of(const queue_object& queue) {
  return queue->payload_as<mp::queue_state>();
}

runtime::wait_reason reason(const queue_call& how) {
  return {how.operation, runtime::no_peer, 0, 0, how.where.site};
}
error_context context(const queue_call& how) {
  return {.operation = how.operation, .site = how.where.site};
}
bool is_shut_down(const queue_object& queue) {
  return state_of(queue).shut_down.load(std::memory_order_seq_cst) != 0;
}

// Blocks that a burst has left behind, where no producer is at work.
void give_back_blocks(mp::participant& me, mp::ring from) {
  const mp::acquired how = mp::try_acquire(me, from.put_lock());
  if (how == mp::acquired::no) return;
  if (how == mp::acquired::from_the_dead) from.adopt();
  from.trim();
  mp::release(from.put_lock());
}

}  // namespace

queue_object make_queue(std::uint32_t kind, const char* class_name, std::size_t bound,
                        const element_type& items, const call& where) {
  if (bound > largest_bound) {
    throw argument_error("a bound of " + std::to_string(bound) + " is more than the " +
                             std::to_string(largest_bound) +
                             " items that a queue counts; 0 is none",
                         {.operation = class_name, .site = where.site});
  }
  const mp::ring_limits limits{.items = static_cast<std::uint32_t>(bound)};
  queue_object made =
      mp::make_object(kind, runtime::page + mp::ring::bytes(limits), class_name, where);
  const mp::region& shared = made->owner().shared();
  mp::ring::create(shared, *reinterpret_cast<mp::ring_header*>(made->payload() + runtime::page),
                   limits);
  runtime::remember_name(shared.memory(), items.id, items.name);
  return made;
}

void throw_queue_closed(const queue_call& how) {
  throw closed_error(
      "this handle of the " + std::string(how.class_name) + " was closed; use a copy that was not",
      context(how));
}

void throw_queue_shut_down(const queue_call& how) {
  throw closed_error("the " + std::string(how.class_name) +
                         " was shut down: nothing can be put any more, and what was put is got",
                     context(how));
}

bool queue_put(const queue_object& queue, const payload& item, const queue_call& how) {
  mp::participant& me = queue->owner();
  switch (mp::put_record(me, mp::ring_of(*queue), item, {how.waits, how.where.limit}, reason(how),
                         [&] { return is_shut_down(queue); })) {
    case mp::transferred::done:
      return true;
    case mp::transferred::ended:
      throw_queue_shut_down(how);
    case mp::transferred::not_yet:
      break;
  }
  if (!how.waits) return false;
  throw timeout_error("the " + std::string(how.class_name) + " was full, with " +
                          std::to_string(queue_bound(queue)) + " items, until the deadline",
                      context(how));
}

got queue_get(const queue_object& queue, const sink& place, message_facts& facts,
              const queue_call& how) {
  mp::participant& me = queue->owner();
  mp::ring from = mp::ring_of(*queue);
  const auto outcome = mp::take_record(
      me, from, {how.waits, how.where.limit}, reason(how),
      [&](const mp::record& next) {
        facts = mp::deliver(me.shared().memory(), next, place, how.class_name, context(how));
      },
      [&] { return is_shut_down(queue); });
  switch (outcome) {
    case mp::transferred::done:
      if (from.has_spare_blocks()) give_back_blocks(me, from);
      return got::item;
    case mp::transferred::ended:
      return got::ended;
    case mp::transferred::not_yet:
      break;
  }
  if (!how.waits) return got::nothing;
  throw timeout_error(
      "nothing was put into the " + std::string(how.class_name) + " before the deadline",
      context(how));
}

std::size_t queue_size(const queue_object& queue) {
  return mp::ring_of(*queue).size();
}

std::size_t queue_bound(const queue_object& queue) {
  return mp::ring_of(*queue).item_limit();
}

void queue_shut_down(const queue_object& queue) {
  state_of(queue).shut_down.store(1, std::memory_order_seq_cst);
  mp::ring_of(*queue).wake_all();
}

void queue_task_done(const queue_object& queue, const queue_call& how) {
  mp::queue_state& state = state_of(queue);
  mp::ring items = mp::ring_of(*queue);
  std::uint32_t done = state.done.load(std::memory_order_seq_cst);
  do {
    if (done == items.published()) {
      throw usage_error(
          "task_done was called for all items that were ever put already: call it "
          "once for each item that was got",
          context(how));
    }
  } while (!state.done.compare_exchange_weak(done, done + 1, std::memory_order_seq_cst));
  if (done + 1 == items.published()) state.all_done.notify();
}

void queue_join(const queue_object& queue, const queue_call& how) {
  mp::queue_state& state = state_of(queue);
  const mp::ring items = mp::ring_of(*queue);
  const bool all_done = queue->owner().wait(
      state.all_done,
      [&] { return state.done.load(std::memory_order_seq_cst) == items.published(); }, reason(how),
      how.where.limit);
  if (!all_done) {
    throw timeout_error(std::to_string(queue_unfinished(queue)) + " items of the " +
                            std::string(how.class_name) + " were not done before the deadline",
                        context(how));
  }
}

std::size_t queue_unfinished(const queue_object& queue) {
  // In this order, so that the difference is never below 0.
  const std::uint32_t done = state_of(queue).done.load(std::memory_order_seq_cst);
  return mp::ring_of(*queue).published() - done;
}

}  // namespace cohort::detail
