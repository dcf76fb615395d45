// The seam between the templates and the compiled core: where a message's bytes come from and go
// to. Nothing here is for users.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/element_type.hpp>

#include <cstddef>
#include <cstdint>

namespace cohort::runtime {
class communicator_state;
struct operation;
struct arrival;
}  // namespace cohort::runtime

namespace cohort::detail {

// The bytes of a value that is sent, borrowed.
struct payload {
  const element_type* type;
  const void* data;
  std::uint64_t bytes;
};

// Where the bytes of a received message go.
struct sink {
  const element_type* type = nullptr;
  // A place of `capacity` bytes; or, where grow is set, grow(owner, bytes, type id of the message)
  // makes one of the right size and returns it.
  void* data = nullptr;
  std::uint64_t capacity = 0;
  void* (*grow)(void* owner, std::uint64_t bytes, std::uint32_t type) = nullptr;
  void* owner = nullptr;
  // One value: a message of any other size than capacity is an error.
  bool exact = false;
};

// What is known of a received or probed message.
struct message_facts {
  std::int32_t source = -3;  // a rank of the communicator
  std::int32_t tag = -1;
  std::uint32_t type = 0;
  bool cancelled = false;
  std::uint64_t bytes = 0;
  // Of a packed sequence that was received into a span: its elements. Not known before.
  std::int64_t elements = -1;
};

}  // namespace cohort::detail
