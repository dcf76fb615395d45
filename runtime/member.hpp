// One member slot of the arena as its owner and others use it: claiming, leaving, what it waits
// for, and waking it.
#pragma once

#include <cohort/call.hpp>

#include "runtime/arena.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace cohort::runtime {

// What a blocking call waits for, as published for reports by others.
struct wait_reason {
  const char* operation;  // "recv"
  std::int32_t peer;      // a rank of the call's communicator; any_source; no_peer
  std::int32_t tag;
  std::uint32_t context;
  call_site site;
};
inline constexpr std::int32_t no_peer = -1000;

// Claims the slot for this process. Throws start_error when another process has it.
void claim_member(arena& memory, std::uint32_t slot);
// Moves the slot to a terminal state, once; later calls change nothing. Every member sees it.
// Returns whether this call did it.
bool end_member(arena& memory, std::uint32_t slot, member_state how, int wait_status);

// Makes a sleeping member look at everything again; costs a load where it is awake.
void wake_member(arena& memory, std::uint32_t slot);
// A sender's half of the attention protocol: says that there is something from `sender`.
void call_attention(arena& memory, std::uint32_t slot, std::uint32_t sender);

// Whether this process may read the member's memory by process_vm_readv. Tried on a word there that
// holds the job's cookie, so that a pid of another process (or another pid namespace) is found out.
bool may_read_memory(const arena& memory, std::uint32_t slot);

void publish_wait(arena& memory, std::uint32_t slot, const wait_reason& why);
void withdraw_wait(arena& memory, std::uint32_t slot);

// A published wait as others read it.
struct seen_wait {
  std::string operation;
  std::int32_t peer;
  std::int32_t tag;
  std::uint32_t context;
  std::string file;  // of the call; means nothing where the line is 0
  std::uint32_t line;
  std::int64_t lasted;  // nanoseconds

  // "recv(rank 1, tag 7) at heat.cpp:88"
  std::string call() const;
  // The same with " for 2.1 s".
  std::string text() const;
};
// Nothing where the member has published no wait.
std::optional<seen_wait> read_wait(const arena& memory, std::uint32_t slot);
// Its text().
std::optional<std::string> describe_wait(const arena& memory, std::uint32_t slot);
// The same call in words, for this process's own messages.
std::string describe_call(const wait_reason& why);

}  // namespace cohort::runtime
