// Some members of one arena, each with a matching engine and a wire, driven by hand: what the wire
// conformance suite stands on.
#pragma once

#include "runtime/arena.hpp"
#include "runtime/matching.hpp"
#include "runtime/member.hpp"
#include "runtime/settings.hpp"
#include "runtime/shm_wire.hpp"
#include "runtime/system.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <vector>

namespace cohort::test {

inline constexpr detail::element_type octet{0x0c7e7u, 1, "octet"};

// Bytes that tell which message they are of, and where in it each belongs.
inline std::vector<std::byte> pattern(std::uint64_t bytes, std::uint32_t message) {
  std::vector<std::byte> result(bytes);
  std::uint64_t word = message * 2654435761u + 1;
  for (std::uint64_t at = 0; at < bytes; at += sizeof word) {
    word = word * 6364136223846793005u + 1442695040888963407u;
    const std::uint64_t mixed = word ^ word >> 32;
    std::memcpy(result.data() + at, &mixed, std::min<std::uint64_t>(sizeof mixed, bytes - at));
  }
  return result;
}

// Faster than == where the standard library compares byte by byte.
inline bool same(std::span<const std::byte> left, std::span<const std::byte> right) {
  return left.size() == right.size() &&
         (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0);
}

// A send and the memory that it sends.
struct sending {
  sending(std::uint32_t to, std::int32_t tag, std::vector<std::byte> content,
          bool synchronous = false, std::uint32_t context = 0)
      : bytes(std::move(content)) {
    op.what = runtime::operation::kind::send;
    op.member = static_cast<std::int32_t>(to);
    op.tag = tag;
    op.context = context;
    op.synchronous = synchronous;
    op.what_to_send = {&octet, bytes.data(), bytes.size()};
    op.why = {"send", static_cast<std::int32_t>(to), tag, context, call_site()};
  }

  std::vector<std::byte> bytes;
  runtime::operation op;
};

// A receive and the memory that it receives into.
struct receiving {
  receiving(std::int32_t from, std::int32_t tag, std::uint64_t capacity,
            bool may_be_written = false, std::uint32_t context = 0)
      : bytes(capacity) {
    op.member = from;
    op.tag = tag;
    op.context = context;
    op.may_be_written = may_be_written;
    op.where.type = &octet;
    op.where.data = bytes.data();
    op.where.capacity = capacity;
  }
  std::span<const std::byte> received() const {
    return std::span(bytes).first(std::min<std::size_t>(op.message_bytes, bytes.size()));
  }

  std::vector<std::byte> bytes;
  runtime::operation op;
};

// The shm wires of `members` members. `Variant` has `void adjust(settings&)`, which picks the paths
// that messages take, and `fences`, whether senders fence instead of relying on membarrier.
template <class Variant>
class shm_world {
 public:
  using wire_type = runtime::shm_wire;

  explicit shm_world(std::uint32_t members) : memory_(runtime::arena::create(members)) {
    runtime::settings chosen;
    Variant::adjust(chosen);
    eager_limit_ = chosen.eager_limit;
    const bool registered = runtime::membarrier_register();
    memory_->header().fences = Variant::fences || !registered ? 1 : 0;
    memory_->header().processors = 1;
    cookie_ = memory_->header().cookie;
    for (std::uint32_t m = 0; m < members; ++m) {
      runtime::claim_member(*memory_, m);
      memory_->member(m).probe_address.store(reinterpret_cast<std::uint64_t>(&cookie_));
      sides_.push_back(std::make_unique<side>(memory_, m, chosen));
    }
  }

  runtime::arena& memory() { return *memory_; }
  wire_type& wire(std::uint32_t member) { return sides_[member]->wire; }
  runtime::matching_engine& engine(std::uint32_t member) { return sides_[member]->engine; }
  std::uint64_t eager_limit() const { return eager_limit_; }

  void start(std::uint32_t member, sending& send) { wire(member).start(send.op); }
  void post(std::uint32_t member, receiving& receive) { engine(member).post(receive.op); }
  bool try_send(std::uint32_t from, std::uint32_t to, std::int32_t tag,
                std::span<const std::byte> bytes, std::uint32_t context = 0) {
    return wire(from).try_send(to, {tag, context, octet.id}, {&octet, bytes.data(), bytes.size()});
  }

  // Polls every member in turn until `ready` holds; the watchdog ends what never does.
  template <class Ready>
  void poll_until(Ready&& ready) {
    while (!ready()) {
      for (auto& s : sides_) s->wire.poll();
    }
  }
  // Until no member finds anything to do.
  void poll_until_idle() {
    for (bool moved = true; moved;) {
      moved = false;
      for (auto& s : sides_) moved |= s->wire.poll();
    }
  }

  // The member's process ends now; nobody has noticed yet.
  void kill(std::uint32_t member) {
    runtime::end_member(*memory_, member, runtime::member_state::dead, 9);
  }
  // `member` hears of the death of `dead`.
  void notice(std::uint32_t member, std::uint32_t dead) {
    while (wire(member).poll_from(dead)) {
    }
    wire(member).peer_gone(dead);
    engine(member).source_gone(dead);
  }

  // Sleeps as a rank does, unless the wire says that there is something to do.
  void sleep(std::uint32_t member) {
    runtime::member_entry& me = memory_->member(member);
    const std::uint32_t bell = me.doorbell.load();
    me.asleep.store(1);
    if (!wire(member).arm()) {
      runtime::futex_wait(me.doorbell, bell, std::numeric_limits<std::int64_t>::max());
    }
    me.asleep.store(0);
  }
  // Waits as a rank does that sleeps whenever it finds nothing.
  template <class Ready>
  void sleep_until(std::uint32_t member, Ready&& ready) {
    while (!ready()) {
      if (!wire(member).poll() && !ready()) sleep(member);
    }
  }

 private:
  struct side {
    side(const std::shared_ptr<runtime::arena>& memory, std::uint32_t self,
         const runtime::settings& chosen)
        : engine(memory->header().capacity), wire(memory, self, chosen, engine) {}
    runtime::matching_engine engine;
    wire_type wire;
  };

  std::shared_ptr<runtime::arena> memory_;
  std::uint64_t cookie_ = 0;
  std::uint64_t eager_limit_ = 0;
  std::vector<std::unique_ptr<side>> sides_;
};

}  // namespace cohort::test
