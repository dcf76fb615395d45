// What a manager and its callers share: the manager's own object, and a lane from each process that
// calls it.
#pragma once

#include <cohort/detail/code_place.hpp>
#include <cohort/detail/signature.hpp>

#include "multiprocessing/channel/ring.hpp"
#include "multiprocessing/family/layout.hpp"

#include <cstdint>

namespace cohort::multiprocessing {

// Whoever has something for the other side makes that visible, then calls this; whoever sleeps on
// the word looks a last time before. Both looks and both changes are sequentially consistent, so
// one side sees the other's (runtime/wait_word.hpp).
inline void wake_sleeper(runtime::wait_word& bell) {
  if (bell.sleepers.load(std::memory_order_seq_cst) != 0) bell.notify(1);
}

// Written by the manager's owner before the first proxy exists, but for what is said otherwise.
struct manager_state {
  static constexpr const char* class_name = "manager";
  static constexpr std::uint32_t kind = detail::signature_id("manager");

  // What the server sleeps on.
  alignas(cache_line) runtime::wait_word bell;
  // One more after each change of what the server seldom looks at: a lane was opened or closed, a
  // process has no proxy of an object any more, or the server is to end. Written by all.
  shared_u32 changes;
  shared_u32 stopping;  // 1: the server is to end
  std::atomic<participant_id> server;
  std::atomic<std::int32_t> pid;
  alignas(cache_line) char name[cache_line];  // zero-terminated
  // The lane of the participant that has this slot, written by itself: packed(); 0: none.
  alignas(cache_line) shared_u64 lanes[max_participants];

  void changed() {
    changes.fetch_add(1, std::memory_order_seq_cst);
    wake_sleeper(bell);
  }
};

// An object's name in one word; never 0.
constexpr std::uint64_t packed(object_name name) {
  return std::uint64_t{name.generation} << 32 | name.index;
}
constexpr object_name unpacked(std::uint64_t word) {
  return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
}

// Requests of one process and the answers, which have the same number as the request in their type.
// The caller makes it and tells the server by manager_state::lanes; when it has ended, the server
// lets go of the lane, and of the answers in it.
struct lane_state {
  static constexpr const char* class_name = "a manager's lane";
  static constexpr std::uint32_t kind = detail::signature_id("manager lane");
  static constexpr ring_limits requests{.block_bytes = page, .number = 1};
  static constexpr ring_limits answers{.block_bytes = page, .number = 2};

  // What the caller sleeps on: one thread of it at a time.
  runtime::wait_word bell;
  std::atomic<participant_id> caller;
  // The number of a request whose answer there was no memory for.
  shared_u32 unanswered;

  static constexpr std::uint64_t requests_at = page;
  static constexpr std::uint64_t answers_at = requests_at + ring::bytes(requests);
  static constexpr std::uint64_t bytes = answers_at + ring::bytes(answers);
  ring_header& request_ring() { return ring_at(requests_at); }
  ring_header& answer_ring() { return ring_at(answers_at); }

 private:
  ring_header& ring_at(std::uint64_t offset) {
    return *reinterpret_cast<ring_header*>(reinterpret_cast<std::byte*>(this) + offset);
  }
};

// What a request begins with; the arguments follow, packed.
struct request_head {
  enum class action : std::uint32_t { make, call };
  action wanted = action::make;
  object_name object;  // the lease that stands for it
  std::uint32_t reserved = 0;
  detail::code_place thunk;
};

// What an answer begins with; the result follows, or a remote_failure.
enum class answer_kind : std::uint32_t { result, failure };

}  // namespace cohort::multiprocessing
