// What all queues between processes have in common.
#pragma once

#include <cohort/archive.hpp>
#include <cohort/call.hpp>
#include <cohort/detail/incoming.hpp>
#include <cohort/detail/outgoing.hpp>
#include <cohort/detail/shared_handle.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/detail/queue_calls.hpp>
#include <cohort/multiprocessing/detail/take_back.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace cohort {
class waitable;
}

namespace cohort::detail {

// The type that a T travels as.
template <class T>
constexpr const element_type& travelling_type() {
  if constexpr (direct<T>) {
    return element_type_of<T>;
  } else if constexpr (resizable<T>) {
    return element_type_of<typename T::value_type>;
  } else {
    return serialized_type_of<T>;
  }
}

// What the compiled core does for a queue that is a ring.
struct ring_queue_calls {
  static queue_object make(std::uint32_t kind, const char* class_name, std::size_t bound,
                           const element_type& items, const call& where) {
    return make_queue(kind, class_name, bound, items, where);
  }
  static bool put(const queue_object& queue, const payload& item, const queue_call& how) {
    return queue_put(queue, item, how);
  }
  static got get(const queue_object& queue, const sink& place, message_facts& facts,
                 const queue_call& how) {
    return queue_get(queue, place, facts, how);
  }
  static std::size_t size(const queue_object& queue) { return queue_size(queue); }
  static std::size_t bound(const queue_object& queue) { return queue_bound(queue); }
  static void shut_down(const queue_object& queue) { queue_shut_down(queue); }
};

// Derived has class_name and kind; see shared_handle.hpp. Not to be used by two threads at once
// while one of them closes it; copies are independent.
template <class Derived, class T, class Calls = ring_queue_calls>
class queue_handle : public shared_handle<Derived> {
  static_assert(std::default_initializable<T>,
                "cohort: T can't be an item of a queue: it has no default constructor, which "
                "reading an object of it needs; add a public one");

 public:
  using value_type = T;

  // Puts an item; waits while the queue is full. The item is in the queue when this returns, so it
  // arrives whatever becomes of this process. What its serialization throws is thrown here, and the
  // queue is as it was. Throws timeout_error, closed_error, resource_error.
  //   q.put(42);  q.put(43, cohort::within(100ms));
  void put(const T& item, call where = {}) { offer(item, {"put", true, where}); }
  // Takes the oldest item; waits until there is one. Throws timeout_error; closed_error once the
  // queue is shut down and empty; type_error where a queue of another type was put to: the item
  // stays; archive_error where the item can't be read: it is gone.
  //   T item = q.get();
  T get(call where = {}) {
    T item{};
    const what about{"get", true, where};
    if (take(item, about) != got::item) throw_queue_shut_down(how(about));
    return item;
  }
  // At one moment during the call.
  bool empty() const { return Calls::size(this->object_) == 0; }

  // This handle is used no more: put and get are errors. Other handles, here and elsewhere, and
  // what was put are not concerned.
  void close() noexcept { closed_ = true; }
  bool closed() const noexcept { return closed_; }

 protected:
  struct what {
    const char* operation;
    bool waits;
    const call& where;
  };

  queue_handle(std::size_t bound, const call& where)
      : shared_handle<Derived>(
            Calls::make(Derived::kind, Derived::class_name, bound, travelling_type<T>(), where)) {}
  queue_handle(const queue_handle&) = default;
  queue_handle& operator=(const queue_handle&) = default;
  ~queue_handle() = default;

  queue_call how(const what& about) const {
    return {Derived::class_name, about.operation, about.waits, about.where};
  }
  void check_open(const what& about) const {
    if (closed_) [[unlikely]]
      throw_queue_closed(how(about));
  }

  bool offer(const T& item, const what& about) {
    check_open(about);
    return with_payload(item, [&](const payload& bytes) {
      if constexpr (travels_as<T> == travel::serialized) {
        const bool put =
            or_take_back<T>(bytes, [&] { return Calls::put(this->object_, bytes, how(about)); });
        if (!put) take_back<T>(bytes);
        return put;
      } else {
        return Calls::put(this->object_, bytes, how(about));
      }
    });
  }
  got take(T& item, const what& about) {
    check_open(about);
    incoming<T> room(item);
    message_facts facts;
    const got outcome = Calls::get(this->object_, room.place(), facts, how(about));
    if (outcome == got::item) room.finish(facts);
    return outcome;
  }

 private:
  friend class cohort::waitable;

  bool closed_ = false;
};

}  // namespace cohort::detail
