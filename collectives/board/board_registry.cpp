#include "collectives/board/board_registry.hpp"

#include <cohort/error.hpp>

#include <cstring>
#include <utility>

namespace cohort::collectives {

namespace {

using runtime::page;

shared_u64& word_of(runtime::arena& memory, std::uint32_t context) {
  const std::uint64_t offset = memory.communicator_word(context);
  memory.reserve(offset / page * page, page);
  return *memory.at<shared_u64>(offset);
}

rank_lines* lines_of(const runtime::arena& memory, std::uint64_t offset, std::uint64_t bytes) {
  return reinterpret_cast<rank_lines*>(memory.at<std::byte>(offset, bytes) + sizeof(board_header));
}

}  // namespace

board_registry& board_registry::of(runtime::endpoint& home) {
  if (!home.extension()) home.extension() = std::make_shared<board_registry>();
  return *static_cast<board_registry*>(home.extension().get());
}

std::shared_ptr<board> board_registry::attach(runtime::communicator_state& comm) {
  if (comm.context() != 0) return make(comm);
  if (!world_) world_ = make(comm);
  return world_;
}

std::shared_ptr<board> board_registry::make(runtime::communicator_state& comm) {
  runtime::endpoint& home = comm.home();
  runtime::arena& memory = home.memory();
  const std::uint64_t cookie = memory.header().cookie;
  const auto ranks = static_cast<std::uint32_t>(comm.size());
  const std::uint64_t bytes = board_bytes(ranks);
  shared_u64& word = word_of(memory, comm.context());
  // Acquire: whoever finds a board finds its header, and zeros elsewhere.
  std::uint64_t offset = word.load(std::memory_order_acquire);
  bool created = false;
  if (offset == 0) {
    reclaim(home);
    const std::uint64_t mine = home.own_heap().allocate(bytes);
    std::memset(memory.at<std::byte>(mine, bytes), 0, bytes);
    auto* header = memory.at<board_header>(mine);
    header->cookie = cookie;
    header->ranks = ranks;
    header->context = comm.context();
    created = word.compare_exchange_strong(offset, mine, std::memory_order_acq_rel);
    if (created)
      offset = mine;
    else
      home.own_heap().free(mine, bytes);
  }
  const auto* header = reinterpret_cast<board_header*>(memory.at<std::byte>(offset, bytes));
  if (header->cookie != cookie || header->ranks != ranks || header->context != comm.context()) {
    throw resource_error(
        "the shared memory for this communicator's collectives is damaged; end the job",
        {.rank = static_cast<int>(home.self()), .operation = "arena"});
  }
  return std::make_shared<board>(comm, *this, offset, created);
}

void board_registry::retire(retired what) {
  const std::lock_guard lock(mutex_);
  retired_.push_back(std::move(what));
}

void board_registry::reclaim(runtime::endpoint& home) {
  runtime::arena& memory = home.memory();
  const auto all = [&](const retired& r, attendance wanted) {
    const rank_lines* lines = lines_of(memory, r.offset, r.bytes);
    for (std::size_t rank = 0; rank < r.members.size(); ++rank) {
      // Acquire: the member's last look at the board, or at our staging areas, came before.
      if (lines[rank].presence.load(std::memory_order_acquire) < wanted &&
          !terminal(memory.member(r.members[rank]).state.load(std::memory_order_acquire))) {
        return false;
      }
    }
    return true;
  };
  const std::lock_guard lock(mutex_);
  std::erase_if(retired_, [&](retired& r) {
    if (!r.gone) {
      if (!all(r, attendance::left)) return false;
      for (const auto& area : r.areas) home.own_heap().free(area.offset, area.bytes);
      r.gone = true;
      lines_of(memory, r.offset, r.bytes)[r.rank].presence.store(attendance::gone,
                                                                 std::memory_order_release);
      if (!r.created) return true;
    }
    if (!all(r, attendance::gone)) return false;
    home.own_heap().free(r.offset, r.bytes);
    return true;
  });
}

board& board_of(runtime::communicator_state& comm) {
  auto& mine = comm.extension();
  if (!mine) [[unlikely]]
    mine = board_registry::of(comm.home()).attach(comm);
  return *static_cast<board*>(mine.get());
}

}  // namespace cohort::collectives
