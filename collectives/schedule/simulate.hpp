// Runs the schedules of all ranks without data: each block is a list of who has contributed to it.
// Finds out whether the schedules fit together, what the result is made of, and which message
// travels in which step. For the tool, which explains algorithms, and for the tests.
#pragma once

#include "collectives/schedule/schedule.hpp"

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace cohort::collectives {

// What a slot holds: part `part` of `parts` of block `block`, of the rank or, combined, of the
// ranks `of`, in the order of combination.
struct symbolic_block {
  std::uint32_t block = 0;
  std::uint32_t part = 0;
  std::uint32_t parts = 1;
  std::vector<int> of;

  bool operator==(const symbolic_block&) const = default;
};

// A step is the time of one message: a round begins when the one before has ended, and ends when
// the last of its messages has; a message takes one step from when both sides have begun the round.
struct simulated_message {
  int step;  // from 1
  int from;
  int to;
  std::vector<symbolic_block> blocks;
};

struct simulated_combination {
  int step;  // at the end of which
  int rank;
  symbolic_block result;
};

struct simulated_result {
  assignment place;
  symbolic_block value;
};

struct simulation {
  int steps = 0;
  std::vector<simulated_message> messages;  // by step, then by sender
  std::vector<simulated_combination> combinations;
  std::vector<std::vector<simulated_result>> results;  // by rank, in the order of storing
};

// The schedules don't fit together; what() says which rank, which round and why.
struct schedule_error : std::logic_error {
  using std::logic_error::logic_error;
};

// schedules[r] is that of rank r. Every send is synchronous, so what ends here cannot deadlock on
// any wire. Throws schedule_error.
simulation simulate(std::span<const schedule> schedules);

}  // namespace cohort::collectives
