#include <cohort/constants.hpp>
#include <cohort/error.hpp>
#include <cohort/group.hpp>

#include <algorithm>
#include <string>

namespace cohort {

namespace {

[[noreturn]] void refuse(const std::string& what, const call& where) {
  throw argument_error(what, {.operation = "group", .site = where.site});
}

}  // namespace

std::optional<int> group::rank() const {
  const auto found = std::find(members_.begin(), members_.end(), self_);
  if (found == members_.end()) return std::nullopt;
  return static_cast<int>(found - members_.begin());
}

std::uint32_t group::member(int rank, const call& where) const {
  if (rank < 0 || rank >= size()) {
    refuse("rank " + std::to_string(rank) + " is not in this group of " + std::to_string(size()) +
               "; its ranks are 0 to " + std::to_string(size() - 1),
           where);
  }
  return members_[static_cast<std::size_t>(rank)];
}

bool group::has(std::uint32_t member) const {
  return std::find(members_.begin(), members_.end(), member) != members_.end();
}

group group::include(std::span<const int> ranks, call where) const {
  group result({}, self_);
  for (const int rank : ranks) {
    const std::uint32_t m = member(rank, where);
    if (result.has(m)) refuse("rank " + std::to_string(rank) + " is named twice", where);
    result.members_.push_back(m);
  }
  return result;
}

group group::exclude(std::span<const int> ranks, call where) const {
  const group out = include(ranks, where);
  return *this - out;
}

std::vector<int> group::translate_ranks(std::span<const int> ranks, const group& other,
                                        call where) const {
  std::vector<int> result;
  result.reserve(ranks.size());
  for (const int rank : ranks) {
    const auto found = std::find(other.members_.begin(), other.members_.end(), member(rank, where));
    result.push_back(found == other.members_.end()
                         ? undefined
                         : static_cast<int>(found - other.members_.begin()));
  }
  return result;
}

group operator|(const group& a, const group& b) {
  group result = a;
  for (const std::uint32_t m : b.members_) {
    if (!a.has(m)) result.members_.push_back(m);
  }
  return result;
}

group operator&(const group& a, const group& b) {
  group result({}, a.self_);
  for (const std::uint32_t m : a.members_) {
    if (b.has(m)) result.members_.push_back(m);
  }
  return result;
}

group operator-(const group& a, const group& b) {
  group result({}, a.self_);
  for (const std::uint32_t m : a.members_) {
    if (!b.has(m)) result.members_.push_back(m);
  }
  return result;
}

}  // namespace cohort
