#include "runtime/communicator_state.hpp"

#include <cohort/error.hpp>

#include "runtime/envelope.hpp"

#include <numeric>
#include <string>

namespace cohort::runtime {

communicator_state::communicator_state(std::shared_ptr<endpoint> home, std::uint32_t context,
                                       std::vector<std::uint32_t> members)
    : home_(std::move(home)),
      context_(context),
      members_(std::move(members)),
      ranks_(home_->memory().header().capacity, -1),
      told_(members_.size(), false) {
  for (std::size_t rank = 0; rank < members_.size(); ++rank) {
    ranks_[members_[rank]] = static_cast<std::int32_t>(rank);
  }
  rank_ = ranks_[home_->self()];
}

std::shared_ptr<communicator_state> communicator_state::world(std::shared_ptr<endpoint> home) {
  std::vector<std::uint32_t> members(home->memory().header().ranks);
  std::iota(members.begin(), members.end(), 0u);
  return std::make_shared<communicator_state>(std::move(home), 0, std::move(members));
}

communicator_state& communicator_state::internal() {
  if (!internal_) {
    internal_ = std::make_shared<communicator_state>(home_, context_ + 1, members_);
  }
  return *internal_;
}

std::int32_t communicator_state::blocks_any_source() const {
  if (!home_->anybody_gone()) [[likely]]
    return any_member;
  std::int32_t last_gone = any_member;
  bool others_left = members_.size() == 1;
  for (std::size_t rank = 0; rank < members_.size(); ++rank) {
    if (static_cast<int>(rank) == rank_) continue;
    const member_state state = home_->gone(members_[rank]);
    if (!terminal(state)) {
      others_left = true;
      continue;
    }
    last_gone = static_cast<std::int32_t>(members_[rank]);
    if (state != member_state::finalized && !told_[rank]) return last_gone;
  }
  return others_left ? any_member : last_gone;
}

void communicator_state::told(std::int32_t member) {
  const int rank = rank_of(member);
  if (rank >= 0) told_[static_cast<std::size_t>(rank)] = true;
}

std::uint32_t draw_context(endpoint& home, const char* operation, const call& where) {
  const std::uint32_t context =
      home.memory().header().next_context.fetch_add(2, std::memory_order_relaxed);
  if (context + 1 > max_context) {
    throw resource_error(
        "all " + std::to_string(max_context / 2) +
            " communicators that a job can make are used up; make them once, not in a loop",
        {.rank = static_cast<int>(home.self()), .operation = operation, .site = where.site});
  }
  return context;
}

}  // namespace cohort::runtime
