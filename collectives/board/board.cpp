#include "collectives/board/board.hpp"

#include "collectives/board/board_registry.hpp"
#include "runtime/member.hpp"
#include "runtime/process_copy.hpp"

#include <algorithm>

namespace cohort::collectives {

namespace {

constexpr std::uint64_t swap_bytes = swap_areas::pairs * swap_areas::area_bytes;

}  // namespace

board::board(runtime::communicator_state& comm, board_registry& registry, std::uint64_t offset,
             bool created)
    : home_(comm.home()),
      comm_(std::shared_ptr<runtime::endpoint>(std::shared_ptr<void>(), &home_), comm.context(),
            comm.members()),
      registry_(registry),
      header_(home_.memory().at<board_header>(
          offset, board_bytes(static_cast<std::uint32_t>(comm.size())))),
      lines_(reinterpret_cast<rank_lines*>(header_ + 1)),
      rank_(comm.rank()),
      size_(comm.size()),
      fences_(home_.memory().header().fences != 0),
      checks_(home_.chosen().collective_check),
      choice_(home_.chosen().collectives),
      seen_(static_cast<std::size_t>(size_)),
      shrinks_{.next = &header_->first_shrink},
      offset_(offset),
      created_(created) {}

board::~board() {
  // A rank that has left the job counts as gone; a fork()ed child has no arena.
  if (!home_.usable()) return;
  board_registry::retired mine{
      .offset = offset_,
      .bytes = board_bytes(static_cast<std::uint32_t>(size_)),
      .created = created_,
      .rank = static_cast<std::uint32_t>(rank_),
      .members = comm_.members(),
      .areas = {},
  };
  for (const area& a : areas_) {
    if (a.bytes != 0) mine.areas.push_back({a.offset, a.bytes});
  }
  if (swaps_.own != 0) mine.areas.push_back({swaps_.own, swap_bytes});
  // Release: our last look came before.
  lines(rank_).presence.store(attendance::left, std::memory_order_release);
  registry_.retire(std::move(mine));
}

void board::await_post(int rank) {
  const post& theirs = line(rank, step_);
  await([&] { return reached(step_of(theirs.stamp.load(std::memory_order_relaxed)), step_); },
        rank);
  if (theirs.stamp.load(std::memory_order_acquire) != expected_) throw_disagreement();
}

void board::await_everyone() {
  for (int other = 0; other < size_; ++other) {
    if (other != rank_) of(other);
  }
  everyone_ = step_;
}

// The last step of each rank that we have seen is too old to overwrite our oldest post. Looks for
// the newest first, so that this is seldom needed.
void board::make_room() {
  const step_number wanted = step_ - (post_slots - 1);
  step_number least = step_;
  for (int other = 0; other < size_; ++other) {
    if (other == rank_) continue;
    step_number& seen = seen_[static_cast<std::size_t>(other)];
    for (const step_number newest : {step_ - 1, step_ - post_slots / 2}) {
      const std::uint64_t stamp = line(other, newest).stamp.load(std::memory_order_acquire);
      if (step_of(stamp) != newest) continue;
      if (stamp != line(rank_, newest).stamp.load(std::memory_order_relaxed)) throw_disagreement();
      seen = newest;
      break;
    }
    await_entered(other, wanted);
    if (reached(least, seen)) least = seen;
  }
  everyone_ = least;
}

void board::await_entered(int rank, step_number wanted) {
  step_number& seen = seen_[static_cast<std::size_t>(rank)];
  if (reached(seen, wanted)) return;
  const post& theirs = line(rank, wanted);
  // Acquire: the rank had done with all earlier steps.
  const auto entered = [&] {
    return reached(step_of(theirs.stamp.load(std::memory_order_acquire)), wanted);
  };
  if (!entered()) await(entered, rank);
  seen = step_of(theirs.stamp.load(std::memory_order_acquire));
}

// In the step that this rank has signed last.
bool board::disagreement() const {
  const step_number signed_step = step_of(expected_);
  for (int other = 0; other < size_; ++other) {
    const std::uint64_t stamp = line(other, signed_step).stamp.load(std::memory_order_acquire);
    if (step_of(stamp) == signed_step && stamp != expected_) return true;
  }
  return any_claims_differ();
}

void board::wake_sleepers() {
  // Cleared first: who raises it again does so after counting as asleep (endpoint::wait), so
  // either we find him asleep below, or the word stays up for the next post.
  header_->sleepers.exchange(0, std::memory_order_seq_cst);
  wake_all();
}

void board::wake_all() const {
  for (int other = 0; other < size_; ++other) {
    if (other != rank_) runtime::wake_member(home_.memory(), member_of(other));
  }
}

void board::grow_scratch(std::uint64_t bytes) {
  scratch_bytes_ = 0;
  scratch_.allocate(bytes);
  scratch_bytes_ = bytes;
}

std::uint64_t board::stage(std::uint64_t bytes) {
  area& mine = areas_[next_area_];
  next_area_ ^= 1;
  if (mine.bytes != 0) {
    for (int other = 0; other < size_; ++other) {
      if (other != rank_) await_read(other, mine.shown);
    }
  }
  if (mine.bytes < bytes) {
    if (mine.bytes != 0) home_.own_heap().free(mine.offset, mine.bytes);
    mine.bytes = 0;
    mine.offset = home_.own_heap().allocate(bytes);
    mine.bytes = bytes;
  }
  mine.shown = step_;
  return mine.offset;
}

void board::share_areas() {
  if (swaps_.others != 0) return;
  swaps_.own = home_.own_heap().allocate(swap_bytes);
  next().where.at = swaps_.own;
  publish(form::inlined, sizeof swaps_.own);
  swaps_.others = of(1 - rank_).where.at;
}

std::uint64_t board::swap_area(std::uint32_t pair) {
  const std::uint32_t owner = (static_cast<std::uint32_t>(rank_) + swaps_.uses[pair]++) & 1;
  step_number& shown = swaps_.shown[pair][owner];
  await_read(1 - rank_, shown);
  shown = step_;
  const bool own = owner == static_cast<std::uint32_t>(rank_);
  return (own ? swaps_.own : swaps_.others) + pair * swap_areas::area_bytes;
}

bool board::may_pull() {
  if (may_pull_ == permission::unknown) {
    pass();
    await_everyone();  // who has not joined the job yet can't be read
    bool all = home_.chosen().single_copy;
    for (int other = 0; all && other < size_; ++other) {
      all = other == rank_ || runtime::may_read_memory(home_.memory(), member_of(other));
    }
    next().where.at = all;
    publish(form::inlined, sizeof all);
    for (int other = 0; other < size_; ++other) all = of(other).where.at != 0 && all;
    everyone_ = step_;
    may_pull_ = all ? permission::yes : permission::no;
  }
  return may_pull_ == permission::yes;
}

void board::pull(int rank, void* to, std::uint64_t from, std::uint64_t bytes) {
  if (bytes == 0) return;
  const runtime::member_entry& peer = home_.memory().member(member_of(rank));
  const auto result =
      runtime::read_process(peer.pid.load(std::memory_order_relaxed), to, from, bytes);
  // The copy first, then these looks. A poster closes the board before it lets go of what it has
  // exposed; and a pid may be another process's only after its death was published.
  std::atomic_thread_fence(std::memory_order_acquire);
  if (closed()) throw_closed(part_->name, *where_);
  if (result == runtime::copy_result::no_process ||
      terminal(peer.state.load(std::memory_order_acquire))) {
    await([] { return false; }, rank);  // until the news of the death is here
  }
  if (result != runtime::copy_result::done) throw_unreadable(rank);
}

}  // namespace cohort::collectives
