#include "runtime/member.hpp"

#include <cohort/constants.hpp>
#include <cohort/error.hpp>

#include "runtime/awake.hpp"
#include "runtime/names.hpp"
#include "runtime/process_copy.hpp"
#include "runtime/processes.hpp"
#include "runtime/system.hpp"

#include <unistd.h>

#include <cstdio>
#include <string_view>

namespace cohort::runtime {

namespace {

// Tags of the library's own messages, on odd contexts, tell a user nothing.
std::string describe(std::string_view operation, std::int32_t peer, std::int32_t tag,
                     std::uint32_t context, std::string_view file, std::uint32_t line) {
  std::string text(operation);
  std::string arguments;
  if (peer == any_source)
    arguments = "any source";
  else if (peer != no_peer)
    arguments = "rank " + std::to_string(peer);
  if (peer != no_peer && context % 2 == 0) {
    arguments += tag == any_tag ? std::string(", any tag") : ", tag " + std::to_string(tag);
  }
  if (!arguments.empty()) text += "(" + arguments + ")";
  if (line != 0) text += " at " + std::string(file) + ":" + std::to_string(line);
  return text;
}

}  // namespace

void claim_member(arena& memory, std::uint32_t slot) {
  member_entry& me = memory.member(slot);
  member_state expected = member_state::vacant;
  if (!me.state.compare_exchange_strong(expected, member_state::joined,
                                        std::memory_order_acq_rel)) {
    const bool gone = terminal(expected);
    throw start_error("rank " + std::to_string(slot) + (gone ? " has already run" : " is taken") +
                          " by process " + std::to_string(me.pid.load(std::memory_order_acquire)) +
                          "; a rank is one process: start other programs of a script without the "
                          "variable COHORT_JOB",
                      {.operation = "environment"});
  }
  me.incarnation.fetch_add(1, std::memory_order_relaxed);
  me.pid.store(static_cast<std::int32_t>(::getpid()), std::memory_order_release);
  mark_awake(memory.header(), slot);
}

bool end_member(arena& memory, std::uint32_t slot, member_state how, int wait_status) {
  member_entry& member = memory.member(slot);
  member_state now = member.state.load(std::memory_order_acquire);
  bool ended = false;
  while (!terminal(now)) {
    member.wait_status.store(wait_status, std::memory_order_relaxed);
    if (member.state.compare_exchange_weak(now, how, std::memory_order_acq_rel)) {
      ended = true;
      break;
    }
  }
  // All of the rest is repeated on every call: an oracle that died half way left the state done.
  mark_not_awake(memory.header(), slot);
  memory.header().terminal_epoch.fetch_add(1, std::memory_order_release);
  for (std::uint32_t other = 0; other < memory.header().capacity; ++other) {
    if (memory.member(other).state.load(std::memory_order_acquire) == member_state::joined) {
      wake_member(memory, other);
    }
  }
  processes_hear_of_end(memory, slot, wait_status);
  return ended;
}

void wake_member(arena& memory, std::uint32_t slot) {
  member_entry& member = memory.member(slot);
  // Ordered after whatever the caller made visible: either this load sees the sleeper's flag, or
  // the sleeper's last look, which follows its flag, sees the caller's news.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (member.asleep.load(std::memory_order_seq_cst) == 0) return;
  member.doorbell.fetch_add(1, std::memory_order_seq_cst);
  futex_wake(member.doorbell);
}

void call_attention(arena& memory, std::uint32_t slot, std::uint32_t sender) {
  memory.member(slot).attention[sender / 64].fetch_or(std::uint64_t{1} << (sender % 64),
                                                      std::memory_order_seq_cst);
  wake_member(memory, slot);
}

bool may_read_memory(const arena& memory, std::uint32_t slot) {
  const member_entry& peer = memory.member(slot);
  std::uint64_t word = 0;
  return read_process(peer.pid.load(std::memory_order_acquire), &word,
                      peer.probe_address.load(std::memory_order_acquire),
                      sizeof word) == copy_result::done &&
         word == memory.header().cookie;
}

void publish_wait(arena& memory, std::uint32_t slot, const wait_reason& why) {
  wait_record& record = memory.member(slot).waiting;
  const std::uint32_t operation = name_hash(why.operation);
  const std::uint32_t file = name_hash(why.site.file());
  remember_name(memory, operation, why.operation);
  remember_name(memory, file, why.site.file());
  const std::uint32_t before = record.sequence.load(std::memory_order_relaxed);
  record.sequence.store(before + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  record.operation.store(operation, std::memory_order_relaxed);
  record.site_file.store(file, std::memory_order_relaxed);
  record.site_line.store(why.site.line(), std::memory_order_relaxed);
  record.peer.store(why.peer, std::memory_order_relaxed);
  record.tag.store(why.tag, std::memory_order_relaxed);
  record.context.store(why.context, std::memory_order_relaxed);
  record.since.store(steady_now(), std::memory_order_relaxed);
  record.sequence.store(before + 2, std::memory_order_release);
}

void withdraw_wait(arena& memory, std::uint32_t slot) {
  wait_record& record = memory.member(slot).waiting;
  // One word decides, so no sequence is needed: a reader sees the old call or none.
  record.operation.store(0, std::memory_order_release);
}

std::string seen_wait::call() const {
  return describe(operation, peer, tag, context, file, line);
}

std::string seen_wait::text() const {
  char duration[32];
  std::snprintf(duration, sizeof duration, " for %.1f s", static_cast<double>(lasted) * 1e-9);
  return call() + duration;
}

std::optional<seen_wait> read_wait(const arena& memory, std::uint32_t slot) {
  const wait_record& record = memory.member(slot).waiting;
  for (int attempt = 0; attempt < 1000; ++attempt) {
    const std::uint32_t before = record.sequence.load(std::memory_order_acquire);
    if (before % 2 != 0) {
      cpu_relax();
      continue;  // a member that died while writing stays odd: the attempts are bounded
    }
    const std::uint32_t operation = record.operation.load(std::memory_order_relaxed);
    const std::uint32_t file = record.site_file.load(std::memory_order_relaxed);
    const std::uint32_t line = record.site_line.load(std::memory_order_relaxed);
    const std::int32_t peer = record.peer.load(std::memory_order_relaxed);
    const std::int32_t tag = record.tag.load(std::memory_order_relaxed);
    const std::uint32_t context = record.context.load(std::memory_order_relaxed);
    const std::int64_t since = record.since.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (record.sequence.load(std::memory_order_relaxed) != before) continue;
    if (operation == 0) return std::nullopt;
    return seen_wait{name_of(memory, operation), peer, tag, context, name_of(memory, file), line,
                     steady_now() - since};
  }
  return std::nullopt;
}

std::optional<std::string> describe_wait(const arena& memory, std::uint32_t slot) {
  const auto seen = read_wait(memory, slot);
  return seen ? std::optional(seen->text()) : std::nullopt;
}

std::string describe_call(const wait_reason& why) {
  return describe(why.operation, why.peer, why.tag, why.context, why.site.file(), why.site.line());
}

}  // namespace cohort::runtime
