// Priority queues: a heap under one lock, built anew where its holder died.
#include <cohort/multiprocessing/detail/priority_calls.hpp>

#include <cohort/error.hpp>

#include "multiprocessing/channel/priority_heap.hpp"
#include "multiprocessing/channel/transfer.hpp"
#include "runtime/names.hpp"

#include <string>

namespace cohort::detail {

namespace mp = multiprocessing;

namespace {

constexpr std::size_t largest_bound = std::size_t{1} << 30;

mp::priority_state& state_of(const queue_object& queue) {
  return queue->payload_as<mp::priority_state>();
}
error_context context(const queue_call& how) {
  return {.operation = how.operation, .site = how.where.site};
}

// Calls attempt() under the lock until it returns true. False: the deadline has passed.
template <class Attempt>
bool in_turn(const queue_object& queue, const queue_call& how, Attempt&& attempt) {
  return mp::wait_in(
      queue->owner(), state_of(queue).turns, how.operation, how.where,
      [&] { mp::priority_heap(*queue).recount(); }, attempt);
}

}  // namespace

queue_object make_priority_queue(std::uint32_t kind, const char* class_name, std::size_t bound,
                                 std::size_t usual_bytes, const element_type& items,
                                 const call& where) {
  if (bound > largest_bound) {
    throw argument_error("a bound of " + std::to_string(bound) + " is more than the " +
                             std::to_string(largest_bound) +
                             " items that a priority queue counts; 0 is none",
                         {.operation = class_name, .site = where.site});
  }
  queue_object made = mp::make_object(kind, sizeof(mp::priority_state), class_name, where);
  mp::priority_heap::create(*made, static_cast<std::uint32_t>(bound), usual_bytes, items.id);
  runtime::remember_name(made->owner().shared().memory(), items.id, items.name);
  return made;
}

bool priority_put(const queue_object& queue, const payload& item, later_bytes later,
                  const queue_call& how) {
  mp::priority_state& state = state_of(queue);
  if (const std::uint32_t type = state.type.load(std::memory_order_relaxed);
      type != item.type->id) {
    throw type_error("this priority_queue was made for items of type " +
                         runtime::name_of(queue->owner().shared().memory(), type) + ", not for " +
                         item.type->name,
                     context(how));
  }
  bool put = false;
  const bool in_time = in_turn(queue, how, [&] {
    if (state.shut_down.load(std::memory_order_relaxed) != 0) throw_queue_shut_down(how);
    const std::uint32_t bound = state.bound.load(std::memory_order_relaxed);
    if (bound != 0 && state.count.load(std::memory_order_relaxed) >= bound) return !how.waits;
    mp::priority_heap(*queue).push(item.data, item.bytes, later);
    return put = true;
  });
  if (put) state.turns.news.notify();
  if (in_time) return put;
  throw timeout_error("the priority_queue was full, with " + std::to_string(priority_bound(queue)) +
                          " items, until the deadline",
                      context(how));
}

got priority_get(const queue_object& queue, const sink& place, message_facts& facts,
                 later_bytes later, const queue_call& how) {
  mp::priority_state& state = state_of(queue);
  got outcome = got::nothing;
  const bool in_time = in_turn(queue, how, [&] {
    if (state.count.load(std::memory_order_relaxed) == 0) {
      if (state.shut_down.load(std::memory_order_relaxed) == 0) return !how.waits;
      outcome = got::ended;
      return true;
    }
    mp::priority_heap items(*queue);
    const std::span<const std::byte> first = items.top(later);
    facts = mp::deliver(queue->owner().shared().memory(),
                        {.type = state.type.load(std::memory_order_relaxed),
                         .bytes = first.size(),
                         .data = first.data()},
                        place, how.class_name, context(how));
    items.pop(later);
    outcome = got::item;
    return true;
  });
  if (outcome == got::item) state.turns.news.notify();
  if (in_time) return outcome;
  throw timeout_error("nothing was put into the priority_queue before the deadline", context(how));
}

std::size_t priority_size(const queue_object& queue) {
  const mp::monitor_lock lock(queue->owner(), state_of(queue).turns, "size", call(),
                              [&] { mp::priority_heap(*queue).recount(); });
  return state_of(queue).count.load(std::memory_order_relaxed);
}

std::size_t priority_bound(const queue_object& queue) {
  return state_of(queue).bound.load(std::memory_order_relaxed);
}

void priority_shut_down(const queue_object& queue) {
  const queue_call how{"priority_queue", "shut_down", true, call(call_site::unknown())};
  in_turn(queue, how, [&] {
    state_of(queue).shut_down.store(1, std::memory_order_relaxed);
    return true;
  });
  state_of(queue).turns.news.notify();
}

}  // namespace cohort::detail
