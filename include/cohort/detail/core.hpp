// The compiled core as the templates call it. Nothing here is for users.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/call.hpp>
#include <cohort/detail/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace cohort::runtime {

using detail::message_facts;
using detail::payload;
using detail::sink;

// How a send ends: as soon as its bytes are on their way, or when it is received.
enum class completion : std::uint8_t { standard, synchronous };

// A request: an operation under way, or the facts of one that has ended, or nothing. Small, and
// without an owner of its own, since a short message makes and moves one.
class pending {
 public:
  pending() = default;
  explicit pending(operation* under_way) noexcept : operation_(under_way) {}
  explicit pending(const message_facts& ended) noexcept : facts_(ended) {}
  pending(pending&& other) noexcept
      : operation_(std::exchange(other.operation_, nullptr)), facts_(other.collect()) {}
  pending& operator=(pending&& other) noexcept {
    if (this != &other) {
      if (operation_) drop();
      operation_ = std::exchange(other.operation_, nullptr);
      facts_ = other.collect();
    }
    return *this;
  }
  ~pending() {
    if (operation_) drop();
  }

  // False: moved from, or never given an operation, or collected.
  bool valid() const noexcept { return operation_ || facts_.source != nobody; }
  // It has ended, and what remains is to tell of it.
  bool settled() const noexcept { return !operation_ && facts_.source != nobody; }
  operation* under_way() const noexcept { return operation_; }

  // The operation has ended and is given back to the endpoint.
  void settle(const message_facts& facts) noexcept {
    operation_ = nullptr;
    facts_ = facts;
  }
  // wait() or a successful test() tells the user.
  message_facts collect() noexcept {
    const message_facts facts = facts_;
    facts_.source = nobody;
    return facts;
  }

 private:
  // No rank, and none of the values that stand for one: there are no facts.
  static constexpr std::int32_t nobody = std::numeric_limits<std::int32_t>::min();
  void drop() noexcept;

  operation* operation_ = nullptr;
  message_facts facts_{.source = nobody};
};

// Blocking. `name` is what reports call the operation.
void send(communicator_state& comm, int dest, int tag, const payload& what, completion how,
          const call& where, const char* name = "send");
message_facts receive(communicator_state& comm, int source, int tag, const sink& place,
                      const call& where, const char* name = "recv");
message_facts probe(communicator_state& comm, int source, int tag, const call& where);
std::optional<message_facts> try_probe(communicator_state& comm, int source, int tag,
                                       const call& where);
// A send and a receive at once; ends when both have.
message_facts send_and_receive(communicator_state& comm, int dest, int send_tag,
                               const payload& what, int source, int receive_tag, const sink& place,
                               const call& where, const char* name = "sendrecv");

// Matched probes: the message is the holder's from then on.
arrival* matched_probe(communicator_state& comm, int source, int tag, message_facts& facts,
                       const call& where);
arrival* try_matched_probe(communicator_state& comm, int source, int tag, message_facts& facts,
                           const call& where);
// Sets `message` to nullptr once it is no longer the holder's.
message_facts receive_matched(communicator_state& comm, arrival*& message, const sink& place,
                              const call& where);
void release_matched(communicator_state& comm, arrival& message) noexcept;

// Called when a send can't end at once and its bytes must outlive the call: moves them into `bytes`
// or `object` and returns where they stand now.
using retain_function = const void* (*)(void* context, byte_buffer& bytes,
                                        std::shared_ptr<void>& object);

// Non-blocking. Without `retain`, the caller's bytes stay until the operation ends.
pending start_send(const std::shared_ptr<communicator_state>& comm, int dest, int tag, payload what,
                   completion how, const call& where, retain_function retain = nullptr,
                   void* context = nullptr);
pending start_receive(const std::shared_ptr<communicator_state>& comm, int source, int tag,
                      const sink& place, const call& where);
// Persistent: made now, started by start().
pending make_send(const std::shared_ptr<communicator_state>& comm, int dest, int tag,
                  const payload& what, const call& where);
pending make_receive(const std::shared_ptr<communicator_state>& comm, int source, int tag,
                     const sink& place, const call& where);
void start(pending& request, const call& where);
// Started and not yet collected.
bool active(const pending& request) noexcept;

// Requests. All of these throw request_error for one that is not valid.
message_facts wait(pending& request, const call& where, const char* name = "wait");
bool test(pending& request, const call& where, const char* name = "test");
void cancel(pending& request, const call& where);
// Waits until one of the valid ones has ended, and returns its index; nothing where none is valid.
std::optional<std::size_t> wait_any(std::span<pending* const> requests, const call& where,
                                    const char* name = "wait_any");
std::optional<std::size_t> test_any(std::span<pending* const> requests, const call& where);
// Waits for all of them to end; collecting them is the caller's.
void wait_all(std::span<pending* const> requests, const call& where);
bool test_all(std::span<pending* const> requests, const call& where);

// The communicator of the calling thread's endpoint, else of the process's. Throws usage_error
// where there is none.
std::shared_ptr<communicator_state> default_world(const call& where);
int rank(const communicator_state& comm) noexcept;
int size(const communicator_state& comm) noexcept;
// Throws the archive_error again with what is known of the message and the call.
[[noreturn]] void rethrow_archive_error(const communicator_state& comm, const message_facts& facts,
                                        const call& where, const char* name);
// Puts a received message back to where it was in the queue, for the next receive.
void return_message(communicator_state& comm, const message_facts& facts,
                    std::span<const std::byte> bytes);
// Throws what is wrong with a request that is not valid.
[[noreturn]] void throw_invalid_request(const char* name, const call& where);

}  // namespace cohort::runtime
