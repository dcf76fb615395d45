// What the queues' templates call: bytes into and out of a queue in shared memory.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/element_type.hpp>
#include <cohort/detail/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace cohort::multiprocessing {
class attachment;
}

namespace cohort::detail {

using queue_object = std::shared_ptr<multiprocessing::attachment>;

// What a call on a queue is about, for errors.
struct queue_call {
  const char* class_name;  // "queue"
  const char* operation;   // "put"
  bool waits;              // false: a full or empty queue is an answer
  const call& where;
};

// bound 0: none. Throws usage_error without an environment, argument_error, resource_error.
queue_object make_queue(std::uint32_t kind, const char* class_name, std::size_t bound,
                        const element_type& items, const call& where);

// False: full, and the call does not wait. Throws timeout_error, closed_error, resource_error.
bool queue_put(const queue_object& queue, const payload& item, const queue_call& how);

enum class got { item, nothing, ended };
// Throws timeout_error, type_error; whatever it throws, the item stays.
got queue_get(const queue_object& queue, const sink& place, message_facts& facts,
              const queue_call& how);
[[noreturn]] void throw_queue_closed(const queue_call& how);
[[noreturn]] void throw_queue_shut_down(const queue_call& how);

std::size_t queue_size(const queue_object& queue);
std::size_t queue_bound(const queue_object& queue);  // 0: none
void queue_shut_down(const queue_object& queue);

// Of joinable queues.
void queue_task_done(const queue_object& queue, const queue_call& how);
void queue_join(const queue_object& queue, const queue_call& how);
std::size_t queue_unfinished(const queue_object& queue);

}  // namespace cohort::detail
