// What the template of priority queues calls.
#pragma once

#include <cohort/multiprocessing/detail/queue_handle.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>

namespace cohort::detail {

// Whether the item in the first bytes comes out later than that in the second.
using later_bytes = bool (*)(std::span<const std::byte>, std::span<const std::byte>);

queue_object make_priority_queue(std::uint32_t kind, const char* class_name, std::size_t bound,
                                 std::size_t usual_bytes, const element_type& items,
                                 const call& where);
bool priority_put(const queue_object& queue, const payload& item, later_bytes later,
                  const queue_call& how);
got priority_get(const queue_object& queue, const sink& place, message_facts& facts,
                 later_bytes later, const queue_call& how);
std::size_t priority_size(const queue_object& queue);
std::size_t priority_bound(const queue_object& queue);
void priority_shut_down(const queue_object& queue);

template <class T>
T value_of(std::span<const std::byte> bytes) {
  T value{};
  incoming<T> room(value);
  const sink place = room.place();
  void* to = place.grow ? place.grow(place.owner, bytes.size(), place.type->id) : place.data;
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  room.finish({.type = place.type->id, .bytes = bytes.size()});
  return value;
}

template <class T, class Compare>
struct priority_calls {
  // Items up to this length stand beside their place in the order.
  static constexpr std::size_t usual_bytes = direct<T> ? sizeof(T) : 128;

  static bool later(std::span<const std::byte> a, std::span<const std::byte> b) {
    return std::invoke(Compare(), value_of<T>(a), value_of<T>(b));
  }
  static queue_object make(std::uint32_t kind, const char* class_name, std::size_t bound,
                           const element_type& items, const call& where) {
    return make_priority_queue(kind, class_name, bound, usual_bytes, items, where);
  }
  static bool put(const queue_object& queue, const payload& item, const queue_call& how) {
    return priority_put(queue, item, &later, how);
  }
  static got get(const queue_object& queue, const sink& place, message_facts& facts,
                 const queue_call& how) {
    return priority_get(queue, place, facts, &later, how);
  }
  static std::size_t size(const queue_object& queue) { return priority_size(queue); }
  static std::size_t bound(const queue_object& queue) { return priority_bound(queue); }
  static void shut_down(const queue_object& queue) { priority_shut_down(queue); }
};

}  // namespace cohort::detail
