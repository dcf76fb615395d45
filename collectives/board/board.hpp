// A communicator's board: the shared memory in which its ranks carry out collectives on one host.
#pragma once

#include <cohort/call.hpp>
#include <cohort/detail/collective.hpp>

#include "collectives/aligned_bytes.hpp"
#include "collectives/board/post.hpp"
#include "collectives/board/swap_areas.hpp"
#include "collectives/selection.hpp"
#include "runtime/communicator_state.hpp"
#include "runtime/endpoint.hpp"

#include <sched.h>

#include <array>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

namespace cohort::collectives {

class board_registry;

// Each collective takes a fixed number of steps that all ranks know. In a step each rank first
// posts what it shows (perhaps nothing), then reads what it needs of the others. Invariants:
//  - A rank enters a step (posts it) only when it has done with all earlier ones. So the post of a
//    step tells that everything shown in earlier steps to its rank may be taken away.
//  - Nobody posts step s before everyone has entered step s - post_slots + 1, so the line that it
//    overwrites has no readers any more. The known minimum makes this free in the usual case.
//  - Every step of a rank gets posted without waiting for anything but that. So the rank that is
//    furthest behind always finds the posts that it waits for, unless a rank has not called at all.
//  - The stamp carries a hash of all calls that its rank has made on the communicator. Readers
//    compare stamps as a whole: a disagreement is found with the first post read after it, at the
//    cost of nothing.
class board {
 public:
  board(runtime::communicator_state& comm, board_registry& registry, std::uint64_t offset,
        bool created);
  ~board();
  board(const board&) = delete;
  board& operator=(const board&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  runtime::endpoint& home() const { return home_; }
  // By the setting in force.
  const selection& choice() const { return choice_; }

  // All that follows is called under the endpoint's guard.

  // Calls ---------------------------------------------------------------------------------------

  // A blocking call, from its signature to its end: `body` takes the steps, or waits for messages
  // by wait(). Throws what any rank did wrong; whatever leaves `body` as an exception closes the
  // board for all. `part` and `where` outlive the call.
  template <class Body>
  void carry_out(const detail::collective_call& part, const call& where, Body&& body) {
    begin(part, where);
    try {
      body();
    } catch (...) {
      close(std::current_exception());
      busy_ = false;
      throw;
    }
    busy_ = false;
  }
  // A call that goes on behind a request: its signature only. Throws where the board is closed.
  void announce(const detail::collective_call& part, const call& where) {
    if (closed()) [[unlikely]]
      throw_closed(part.name, where);
    sign(part, where, false);
  }
  // For calls over messages: how many there were before this one, modulo 2^32.
  std::uint32_t next_message_call() { return message_calls_++; }
  // Of all calls of this rank so far; 0 where calls are not compared.
  std::uint32_t signature() const { return signature_; }
  // The same calls, now and then while they wait: closes the board where ranks disagree.
  void compare_calls() {
    if (disagreement()) close_for_misuse();
  }
  // For calls over messages: throws where the board is closed.
  void check(const detail::collective_call& part, const call& where) {
    if (closed()) [[unlikely]]
      throw_closed(part.name, where);
  }
  // For blocking calls over messages: endpoint::wait(), which ends also when the board is closed;
  // `ready` finds that by check().
  template <class Ready>
  bool wait(Ready&& ready, const runtime::wait_reason& why, deadline limit) {
    return home_.wait(ready, why, limit, &header_->sleepers, [&] {
      if (disagreement()) close_for_misuse();
      return ready();
    });
  }
  // A message from `rank` shows that it has called something else.
  [[noreturn]] void throw_disagreement(int rank, const detail::collective_call& part,
                                       const call& where);
  // Closes the board because this rank's call ends with `problem`; nothing if it is closed.
  void close(const std::exception_ptr& problem) noexcept;
  // The same for a call that can't even begin: the others are told `problem`.
  void refuse(const char* name, const char* problem, const call& where) noexcept;
  bool closed() const { return header_->closed.load(std::memory_order_acquire) != 0; }

  // Steps ---------------------------------------------------------------------------------------

  // This rank's post for the next step, to be filled and then published.
  post& next() {
    ++step_;
    if (step_ % steps_per_progress == 0) [[unlikely]]
      home_.progress();
    if (!reached(everyone_, step_ - (post_slots - 1))) [[unlikely]]
      make_room();
    expected_ = stamp_of(step_, signature_);
    return line(rank_, step_);
  }
  void publish(form what, std::uint64_t bytes) {
    post& mine = line(rank_, step_);
    mine.facts = static_cast<std::uint64_t>(what) | bytes << 8;
    // Release: who sees the stamp sees the post, and what it shows.
    mine.stamp.store(expected_, std::memory_order_release);
    // The load must not come first. The processor is kept from that by who raises the word, with
    // membarrier, or here where there is none; the compiler in any case.
    if (fences_) [[unlikely]]
      std::atomic_thread_fence(std::memory_order_seq_cst);
    else
      std::atomic_signal_fence(std::memory_order_seq_cst);
    if (header_->sleepers.load(std::memory_order_relaxed) != 0) [[unlikely]]
      wake_sleepers();
  }
  // Both, for a step in which this rank shows nothing.
  void pass() {
    next();
    publish(form::nothing, 0);
  }

  // Waits for a rank's post of the present step.
  const post& of(int rank) {
    const post& theirs = line(rank, step_);
    if (theirs.stamp.load(std::memory_order_acquire) != expected_) [[unlikely]]
      await_post(rank);
    seen_[static_cast<std::size_t>(rank)] = step_;
    return theirs;
  }
  // Waits until every rank has entered the present step.
  void await_everyone();

  // Moving bytes --------------------------------------------------------------------------------

  // Whether every rank can read every other's memory. The first time, the ranks find out together,
  // in two steps of their own.
  bool may_pull();
  // Copies from the memory of a rank that exposes it in the present step.
  void pull(int rank, void* to, std::uint64_t from, std::uint64_t bytes);
  // The next of this rank's two staging areas, of at least `bytes`: its offset in the arena. Waits
  // until nobody reads what was staged in it before.
  std::uint64_t stage(std::uint64_t bytes);
  // Of a board of two ranks: areas that change hands. The first time, the ranks tell each other
  // where theirs are, in a step of their own.
  void share_areas();
  // In each round of a call, each rank asks for the area of this pair in which it shows its bytes
  // in the present step, or skips it: its offset in the arena. Waits until nobody reads there.
  std::uint64_t swap_area(std::uint32_t pair);
  void skip_area(std::uint32_t pair) { ++swaps_.uses[pair]; }
  // Private memory of this call; what an earlier call of this function returned is lost.
  std::byte* scratch(std::uint64_t bytes) {
    if (bytes > scratch_bytes_) grow_scratch(bytes);
    return scratch_.data();
  }
  template <class T = std::byte>
  T* at(std::uint64_t offset, std::uint64_t bytes) const {
    return home_.memory().at<T>(offset, bytes);
  }

  // For shrink() and tests.
  board_header& header() const { return *header_; }
  rank_lines& lines(int rank) const { return lines_[static_cast<std::size_t>(rank)]; }
  std::uint32_t member_of(int rank) const { return comm_.member_of(rank); }
  struct shrink_progress {
    std::uint32_t done = 0;  // calls of shrink() that have ended
    shared_u64* next;        // where the outcome of the next one is found
  };
  shrink_progress& shrinks() { return shrinks_; }
  void wake_all() const;

 private:
  // Ranks that find everything there at once still move their messages on, now and then.
  static constexpr step_number steps_per_progress = 64;

  post& line(int rank, step_number step) const {
    return lines_[static_cast<std::size_t>(rank)].posts[step % post_slots];
  }
  bool gone(int rank) const { return runtime::terminal(home_.gone(member_of(rank))); }

  void begin(const detail::collective_call& part, const call& where);
  void sign(const detail::collective_call& part, const call& where, bool blocking);
  std::uint32_t name(const char* text);

  void make_room();
  void await_entered(int rank, step_number wanted);
  // Waits until a rank has read what was shown in an earlier step: it has entered a later one. That
  // holds of any step so long ago; to compare it would go wrong once the numbers have wrapped.
  void await_read(int rank, step_number shown) {
    if (step_ - shown < post_slots) await_entered(rank, shown + 1);
  }
  void await_post(int rank);
  bool disagreement() const;
  void wake_sleepers();
  void grow_scratch(std::uint64_t bytes);

  void close(closing why, int rank, std::uint32_t number) noexcept;
  void close_for_misuse() noexcept { close(closing::misuse, rank_, first_disagreement()); }
  [[noreturn]] void throw_disagreement();
  [[noreturn]] void throw_unreadable(int rank);
  [[noreturn]] void throw_timeout(int peer);
  [[noreturn]] void throw_closed(const char* name, const call& where);
  runtime::wait_reason reason(int peer) const;
  std::uint32_t first_disagreement() const noexcept;
  bool claims_differ(std::uint32_t number) const noexcept;
  bool any_claims_differ() const noexcept;
  std::string who_called_what(std::uint32_t number) const;

  // Waits until ready() holds, which `peer` makes true by writing to the board.
  template <class Ready>
  void await(const Ready& ready, int peer);
  template <class Ready>
  void wait_long(const Ready& ready, int peer);

  runtime::endpoint& home_;
  // Its own, since handles to the world, and their states, come and go while the board stays. It
  // has no share in the endpoint, which has one in the world's board.
  runtime::communicator_state comm_;
  board_registry& registry_;
  board_header* header_;
  rank_lines* lines_;
  int rank_;
  int size_;
  bool fences_;
  bool checks_;
  selection choice_;
  bool busy_ = false;
  step_number step_ = 0;
  step_number everyone_ = 0;     // every rank has entered this step
  std::uint32_t signature_ = 0;  // of all calls so far
  std::uint32_t calls_ = 0;
  std::uint32_t message_calls_ = 0;
  std::uint64_t expected_ = 0;     // stamp of the present step
  std::vector<step_number> seen_;  // by rank: a step that it has entered
  const detail::collective_call* part_ = nullptr;
  const call* where_ = nullptr;

  enum class permission : std::uint8_t { unknown, yes, no };
  permission may_pull_ = permission::unknown;

  struct area {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    step_number shown = 0;  // the last step in which it was
  };
  std::array<area, 2> areas_;
  std::size_t next_area_ = 0;
  swap_areas swaps_;
  aligned_bytes scratch_;
  std::uint64_t scratch_bytes_ = 0;

  struct known_name {
    const char* text = nullptr;
    std::uint32_t id = 0;
  };
  std::array<known_name, 32> names_{};

  shrink_progress shrinks_;

  std::uint64_t offset_;
  bool created_;       // by this rank, in its part of the arena
  bool told_ = false;  // the user, that the board is closed
};

// The board of a communicator, made at the first use by any of its ranks. Under the endpoint's
// guard, or before other threads use the communicator.
board& board_of(runtime::communicator_state& comm);

template <class Ready>
void board::await(const Ready& ready, int peer) {
  // Long enough for ranks that come at about the same time; no clock, no progress meanwhile.
  constexpr int looks = 1000;
  constexpr int looks_in_haste = 64;
  constexpr int yields = 64;
  // Where others want this processor, as long as an answer from another processor takes.
  constexpr int looks_among_many = 48;
  const bool among_many = home_.patient_looks(looks) == 1;
  const int patience = among_many ? looks_among_many : looks;
  for (int look = 0; look < patience; ++look) {
    if (ready()) return;
    if (look > looks_in_haste) runtime::cpu_relax();
  }
  if (among_many && home_.chosen().wait != runtime::wait_policy::sleep) {
    // More ranks than processors: whoever we wait for may need this one.
    for (int turn = 0; turn < yields; ++turn) {
      ::sched_yield();
      if (ready()) return;
    }
  }
  wait_long(ready, peer);
}

template <class Ready>
void board::wait_long(const Ready& ready, int peer) {
  const auto over = [&] {
    // In this order: what a rank had posted before its end is there once its end is known.
    const bool vain = gone(peer);
    return ready() || vain || closed();
  };
  // Looks at the posts of all ranks, so not in every turn.
  const auto last_look = [&] {
    if (disagreement()) close_for_misuse();
    return over();
  };
  last_look();
  if (!home_.wait(over, reason(peer), where_->limit, &header_->sleepers, last_look)) {
    throw_timeout(peer);
  }
  if (ready()) return;
  if (!closed()) close(closing::death, peer, calls_);
  throw_closed(part_->name, *where_);
}

}  // namespace cohort::collectives
