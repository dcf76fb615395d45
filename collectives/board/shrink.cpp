// A communicator of the ranks that are left. On one host, agreement is a compare-and-swap: whoever
// finds that every rank has come or is gone writes down who is there, and the first to link his
// record to the board decides for all. A rank may be killed at any instruction: before that, others
// do it; after, the record stands in memory that nobody uses again.
#include <cohort/communicator.hpp>
#include <cohort/constants.hpp>
#include <cohort/error.hpp>

#include "collectives/board/board.hpp"
#include "runtime/report.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace cohort {

namespace {

using collectives::board;
using collectives::shrink_record;
using runtime::communicator_state;
using runtime::endpoint;

std::uint64_t record_bytes(std::uint32_t count) {
  return sizeof(shrink_record) + sizeof(std::uint32_t) * count;
}
std::uint32_t* ranks_of(shrink_record& record) {
  return reinterpret_cast<std::uint32_t*>(&record + 1);
}

bool gone(const endpoint& home, std::uint32_t member) {
  return terminal(home.memory().member(member).state.load(std::memory_order_acquire));
}

// The first rank that has neither come to shrink() number `number` nor gone, or -1.
int missing(const board& shared, std::uint32_t number) {
  for (int rank = 0; rank < shared.size(); ++rank) {
    if (!collectives::reached(shared.lines(rank).shrinks.load(std::memory_order_acquire), number) &&
        !gone(shared.home(), shared.member_of(rank))) {
      return rank;
    }
  }
  return -1;
}

void propose(board& shared, std::uint32_t number, const call& where) {
  endpoint& home = shared.home();
  std::vector<std::uint32_t> left;
  for (int rank = 0; rank < shared.size(); ++rank) {
    if (collectives::reached(shared.lines(rank).shrinks.load(std::memory_order_acquire), number) &&
        !gone(home, shared.member_of(rank))) {
      left.push_back(static_cast<std::uint32_t>(rank));
    }
  }
  const auto count = static_cast<std::uint32_t>(left.size());
  const std::uint32_t context = runtime::draw_context(home, "shrink", where);
  const std::uint64_t offset = home.own_heap().allocate(record_bytes(count));
  auto& record = *home.memory().at<shrink_record>(offset, record_bytes(count));
  record.next.store(0, std::memory_order_relaxed);
  record.context = context;
  record.count = count;
  std::copy(left.begin(), left.end(), ranks_of(record));
  std::uint64_t nobody = 0;
  // Release: who finds the record finds what is in it.
  if (!shared.shrinks().next->compare_exchange_strong(nobody, offset, std::memory_order_acq_rel)) {
    home.own_heap().free(offset, record_bytes(count));
  }
}

shrink_record& outcome(const board& shared, std::uint64_t offset) {
  const runtime::arena& memory = shared.home().memory();
  auto& record = *memory.at<shrink_record>(offset);
  const std::uint32_t count = record.count;
  memory.at<std::byte>(offset, record_bytes(count));
  bool sound = count <= static_cast<std::uint32_t>(shared.size());
  for (std::uint32_t i = 0; sound && i < count; ++i) {
    sound = ranks_of(record)[i] < static_cast<std::uint32_t>(shared.size());
  }
  if (!sound) {
    throw resource_error("the shared memory of this communicator is damaged; end the job",
                         {.operation = "shrink"});
  }
  return record;
}

std::shared_ptr<communicator_state> shrink_state(communicator_state& comm, const call& where) {
  endpoint& home = comm.home();
  board& shared = collectives::board_of(comm);
  board::shrink_progress& progress = shared.shrinks();
  const std::uint32_t number = progress.done + 1;
  // Sequentially consistent, as is the fence in wake_all(): a rank that goes to sleep sees the word
  // in its last look, or is seen asleep.
  shared.lines(shared.rank()).shrinks.store(number, std::memory_order_seq_cst);
  shared.wake_all();
  const auto decided = [&] { return progress.next->load(std::memory_order_acquire); };
  const runtime::wait_reason why{"shrink", runtime::no_peer, any_tag, comm.context() + 1,
                                 where.site};
  if (!home.wait([&] { return decided() != 0 || missing(shared, number) < 0; }, why, where.limit)) {
    runtime::wait_reason late = why;
    late.peer = missing(shared, number);
    if (late.peer < 0) late.peer = runtime::no_peer;
    runtime::throw_timeout(comm, late);
  }
  if (decided() == 0) propose(shared, number, where);
  shrink_record& agreed = outcome(shared, decided());
  progress = {number, &agreed.next};
  shared.wake_all();
  std::vector<std::uint32_t> members;
  for (std::uint32_t i = 0; i < agreed.count; ++i) {
    members.push_back(comm.member_of(static_cast<int>(ranks_of(agreed)[i])));
  }
  return std::make_shared<communicator_state>(comm.shared_home(), agreed.context,
                                              std::move(members));
}

}  // namespace

communicator communicator::shrink(call where) const {
  communicator_state& mine = state(where);
  mine.home().check_usable("shrink", where);
  const endpoint::guard lock(mine.home());
  return communicator(shrink_state(mine, where));
}

}  // namespace cohort
