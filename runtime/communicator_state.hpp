// One communicator at one rank: its context, its members in rank order, and whose deaths its user
// has been told of.
#pragma once

#include "runtime/endpoint.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace cohort::runtime {

class communicator_state : public std::enable_shared_from_this<communicator_state> {
 public:
  // `members` in rank order; this endpoint's member is among them. Point-to-point traffic uses
  // `context`, the library's own on this communicator `context` + 1.
  communicator_state(std::shared_ptr<endpoint> home, std::uint32_t context,
                     std::vector<std::uint32_t> members);
  // All ranks of the job.
  static std::shared_ptr<communicator_state> world(std::shared_ptr<endpoint> home);

  endpoint& home() const { return *home_; }
  const std::shared_ptr<endpoint>& shared_home() const { return home_; }
  std::uint32_t context() const { return context_; }
  // Every send of the user's is synchronous. The library's own may lean on buffering: it knows how
  // much it needs.
  bool strict() const { return home_->chosen().strict && context_ % 2 == 0; }
  int rank() const { return rank_; }
  int size() const { return static_cast<int>(members_.size()); }
  const std::vector<std::uint32_t>& members() const { return members_; }
  std::uint32_t member_of(int rank) const { return members_[static_cast<std::size_t>(rank)]; }
  // -1 where the member is not in this communicator.
  int rank_of(std::int32_t member) const {
    return member < 0 || static_cast<std::size_t>(member) >= ranks_.size()
               ? -1
               : ranks_[static_cast<std::size_t>(member)];
  }

  // The same ranks on the context of the library's own messages, which no user's message or
  // wildcard can meet.
  communicator_state& internal();

  // What the layers above keep with this communicator; empty at first.
  std::shared_ptr<void>& extension() { return extension_; }

  // Operations under way keep the communicator alive together, under the endpoint's guard: the
  // first takes a share, the last gives it up to `last`. Whoever ends one drops that outside of the
  // guard, since the endpoint may go with it.
  void operation_begins(const std::shared_ptr<communicator_state>& share) {
    if (operations_++ == 0) [[unlikely]]
      kept_ = share;
  }
  void operation_ends(std::shared_ptr<communicator_state>& last) {
    if (--operations_ == 0) [[unlikely]]
      last = std::move(kept_);
  }

  // A receive from any source could wait for ever: a member that this communicator's user has not
  // been told of is dead, or nobody else is left. Returns that member, or any_member.
  std::int32_t blocks_any_source() const;
  // The user has been told: receives from any source go on without that member.
  void told(std::int32_t member);

 private:
  std::shared_ptr<endpoint> home_;
  std::uint32_t context_;
  std::vector<std::uint32_t> members_;
  std::vector<std::int32_t> ranks_;  // by member
  std::vector<bool> told_;           // by rank
  int rank_ = -1;
  std::shared_ptr<communicator_state> internal_;
  std::shared_ptr<void> extension_;
  std::size_t operations_ = 0;
  std::shared_ptr<communicator_state> kept_;  // a share while there are operations
};

// A fresh pair of contexts: one for users, one for the library. Throws resource_error.
std::uint32_t draw_context(endpoint& home, const char* operation, const call& where);

}  // namespace cohort::runtime
