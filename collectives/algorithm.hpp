// The algorithms by which collective operations can be carried out, by name.
#pragma once

#include <cohort/detail/collective.hpp>

#include "collectives/schedule/schedule.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace cohort::collectives {

class board;

// One algorithm of one operation. Either makes a schedule, to be run over point-to-point messages;
// or runs in the memory that the ranks of one host share.
struct algorithm {
  detail::collective operation;
  std::string_view name;     // "binomial"; unique within the operation
  std::string_view summary;  // a line for people: rounds, volume, source
  schedule (*plan)(const plan_request& request) = nullptr;
  void (*run)(board& shared, const detail::collective_call& part) = nullptr;
  bool reorders = false;      // combines in another order than that of the ranks: commutative only
  bool slices = false;        // splits blocks by elements: not for archives
  bool uniform_only = false;  // needs to know all sizes beforehand
  int ranks = 0;              // for so many only; 0: for any number
};

// All of them, an operation's together.
std::span<const algorithm> algorithms();
std::span<const algorithm> algorithms_of(detail::collective operation);
// nullptr where there is none of this name.
const algorithm* find_algorithm(detail::collective operation, std::string_view name);

inline constexpr std::size_t operation_count =
    static_cast<std::size_t>(detail::collective::neighbor_all_to_all) + 1;
// "all_reduce"
std::string_view name_of(detail::collective operation);
std::optional<detail::collective> find_operation(std::string_view name);
// In the order of the enumeration.
std::span<const std::string_view> operation_names();

// The two tables that algorithms() joins: over messages, and in the arena.
std::span<const algorithm> message_algorithms();
std::span<const algorithm> arena_algorithms();

}  // namespace cohort::collectives
