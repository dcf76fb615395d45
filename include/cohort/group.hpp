// Groups: ordered sets of ranks, to make communicators from. All operations are local.
#pragma once

#include <cohort/call.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cohort {

// Ranks of a group are numbered 0 to size()-1; behind each stands one rank of the job.
//   auto even = world.group().include(std::array{0, 2, 4});
//   cohort::communicator evens(world, even);
//
// Operations on several ranks take time in proportion to their number times size().
class group {
 public:
  group() = default;  // empty
  // For communicator::group(): the members in rank order, and which of them is the caller.
  group(std::vector<std::uint32_t> members, std::uint32_t self)
      : members_(std::move(members)), self_(self) {}

  int size() const noexcept { return static_cast<int>(members_.size()); }
  // The caller's rank in the group; nothing where it is not in it.
  std::optional<int> rank() const;
  explicit operator bool() const noexcept { return !members_.empty(); }

  // The group of these ranks, in this order; argument_error for a rank that is none or comes twice.
  group include(std::span<const int> ranks, call where = {}) const;
  // The group without these ranks, the others in their order; argument_error as include.
  group exclude(std::span<const int> ranks, call where = {}) const;
  // The ranks in `other` of these ranks of this group; `undefined` for those not in it.
  // argument_error for a rank that this group does not have.
  std::vector<int> translate_ranks(std::span<const int> ranks, const group& other,
                                   call where = {}) const;

  // The ranks of a, then those of b that are not in a; those of a that are in b; those of a that
  // are not in b.
  friend group operator|(const group& a, const group& b);
  friend group operator&(const group& a, const group& b);
  friend group operator-(const group& a, const group& b);
  // The same ranks in the same order.
  friend bool operator==(const group& a, const group& b) { return a.members_ == b.members_; }

  // For the other parts of the library.
  const std::vector<std::uint32_t>& members() const noexcept { return members_; }

 private:
  std::uint32_t member(int rank, const call& where) const;
  bool has(std::uint32_t member) const;

  std::vector<std::uint32_t> members_;
  std::uint32_t self_ = 0;
};

}  // namespace cohort
