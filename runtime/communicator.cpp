// Making communicators out of communicators, and comparing them.
#include <cohort/communicator.hpp>
#include <cohort/environment.hpp>
#include <cohort/error.hpp>

#include "runtime/communicator_state.hpp"
#include "runtime/internal_tags.hpp"
#include "runtime/report.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace cohort {

namespace {

using runtime::communicator_state;

// What a rank asks of split(), as it travels to rank 0.
using wish = std::array<int, 2>;  // colour, key

// What rank 0 answers: context and members; empty for the colour `undefined`. Or, since no
// communicator is made with the world's context: that and the rank that has failed, or that alone
// where rank 0 could not make what was asked for.
using answer = std::vector<std::uint32_t>;
constexpr std::uint32_t failure_mark = 0;

// By colour, the context and then the members in the order of their keys.
std::map<int, answer> arrange(communicator_state& parent, const std::vector<wish>& wishes,
                              const call& where) {
  std::vector<std::tuple<int, int, int>> order;  // colour, key, rank
  for (std::size_t rank = 0; rank < wishes.size(); ++rank) {
    const auto [color, key] = wishes[rank];
    if (color != undefined) order.emplace_back(color, key, static_cast<int>(rank));
  }
  std::sort(order.begin(), order.end());
  std::map<int, answer> parts;
  for (const auto& [color, key, rank] : order) {
    auto& part = parts[color];
    if (part.empty()) part.push_back(runtime::draw_context(parent.home(), "split", where));
    part.push_back(parent.member_of(rank));
  }
  return parts;
}

// Rank 0's part: hears all wishes and answers them. A rank that fails before it has sent its wish
// fails the call everywhere; one that fails later is a dead member of what was made.
answer decide(communicator_state& parent, const communicator& internal, wish own,
              const call& where) {
  namespace internal_tag = runtime::internal_tag;
  std::vector<wish> wishes{own};
  std::optional<int> failed;
  for (int rank = 1; rank < parent.size(); ++rank) {
    try {
      wishes.push_back(internal.recv<wish>(rank, internal_tag::split_wish, where));
    } catch (const rank_failed&) {
      failed = rank;
    }
  }
  std::map<int, answer> parts;
  std::exception_ptr problem;
  try {
    if (!failed) parts = arrange(parent, wishes, where);
  } catch (...) {  // no context or no memory is left: the others wait for an answer
    problem = std::current_exception();
  }
  const auto answer_to = [&](int rank) -> answer {
    if (failed) return {failure_mark, static_cast<std::uint32_t>(*failed)};
    if (problem) return {failure_mark};
    const auto found = parts.find(wishes[static_cast<std::size_t>(rank)][0]);
    return found == parts.end() ? answer() : found->second;
  };
  for (int rank = 1; rank < parent.size(); ++rank) {
    try {
      internal.send(rank, internal_tag::split_result, answer_to(rank), where);
    } catch (const rank_failed&) {
      // It needs no answer any more.
    }
  }
  if (problem) std::rethrow_exception(problem);
  return answer_to(0);
}

std::shared_ptr<communicator_state> split_state(communicator_state& parent, int color, int key,
                                                const call& where) {
  namespace internal_tag = runtime::internal_tag;
  const communicator internal(parent.internal().shared_from_this());
  answer mine;
  if (parent.rank() == 0) {
    mine = decide(parent, internal, {color, key}, where);
  } else {
    internal.send(0, internal_tag::split_wish, wish{color, key}, where);
    mine = internal.recv<answer>(0, internal_tag::split_result, where);
  }
  if (mine.empty()) return nullptr;
  if (mine.front() == failure_mark && mine.size() == 1) {
    throw resource_error(
        "rank 0 of this communicator can't make another one: it has no context or no memory left, "
        "and its own error says which",
        {.rank = parent.rank(), .operation = "split", .peer = 0, .site = where.site});
  }
  if (mine.front() == failure_mark) {
    runtime::throw_rank_failed(parent, static_cast<int>(mine.at(1)), "split", where);
  }
  return std::make_shared<communicator_state>(
      parent.shared_home(), mine.front(), std::vector<std::uint32_t>(mine.begin() + 1, mine.end()));
}

}  // namespace

communicator::communicator(const communicator& parent, const cohort::group& chosen, call where) {
  communicator_state& state = parent.state(where);
  const auto rank = chosen.rank();
  state_ = split_state(state, rank ? 0 : undefined, rank.value_or(0), where);
}

group communicator::group(call where) const {
  const communicator_state& mine = state(where);
  return cohort::group(mine.members(), mine.home().self());
}

communicator communicator::dup(call where) const {
  communicator_state& mine = state(where);
  return communicator(split_state(mine, 0, mine.rank(), where));
}

communicator communicator::split(int color, int key, call where) const {
  communicator_state& mine = state(where);
  if (color < 0 && color != undefined) {
    throw argument_error(
        "colour " + std::to_string(color) +
            " is negative; colours are 0 and up, or `undefined` to be left out",
        {.rank = static_cast<int>(mine.home().self()), .operation = "split", .site = where.site});
  }
  return communicator(split_state(mine, color, key, where));
}

communicator communicator::split_host(call where) const {
  // All members of an arena are on one host.
  return dup(where);
}

comparison communicator::compare(const communicator& other) const {
  if (!state_ || !other.state_) {
    return state_ == other.state_ ? comparison::identical : comparison::unequal;
  }
  auto mine = state_->members();
  auto theirs = other.state_->members();
  if (mine == theirs) {
    return state_->context() == other.state_->context() ? comparison::identical
                                                        : comparison::congruent;
  }
  std::sort(mine.begin(), mine.end());
  std::sort(theirs.begin(), theirs.end());
  return mine == theirs ? comparison::similar : comparison::unequal;
}

void communicator::abort(int code, call where) const {
  state(where);
  environment::abort(code);
}

void communicator::throw_null(const call& where) {
  throw usage_error(
      "this is the null communicator, which split() gives a rank of colour `undefined`; test it "
      "with `if (comm)` first",
      {.operation = "communicator", .site = where.site});
}

void communicator::throw_negative(int count, const char* name, const call& where) const {
  throw argument_error("a count of " + std::to_string(count) + " elements is negative",
                       {.rank = static_cast<int>(state(where).home().self()),
                        .operation = name,
                        .site = where.site});
}

}  // namespace cohort
