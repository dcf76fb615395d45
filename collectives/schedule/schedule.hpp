// What one rank does in a collective operation, as data: which blocks it sends to whom and receives
// from whom in which round, and what it combines. The classical algorithms are functions that make
// schedules; the same schedules are run over point-to-point messages, explained by the tool, and
// checked against the definition of the operation by a simulator.
//
// Whoever runs a schedule may rely on this (simulate() checks it):
// - a slot that is loaded is never written afterwards, so it may be a view of what the caller
// gives;
// - a slot is not written while a message of the same round is sent from it, nor twice in a round;
// - only slots that hold something are sent, combined, copied or stored;
// - no rank sends to itself;
// - messages between two ranks match in the order of rounds and, within one, as they are listed;
//   both sides list as many slots.
#pragma once

#include <cohort/detail/collective.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace cohort::collectives {

// A rank works on numbered slots. Each holds one block of bytes, or nothing yet.
using slot = std::uint32_t;

// One message: these slots, in this order, to or from `peer`. Without slots it is a mere signal.
struct transfer {
  int peer;
  std::vector<slot> slots;
};

// into = left op right, element by element; `into` may be one of the two.
struct local_step {
  slot left;
  slot right;
  slot into;
};

// All messages of a round are started together; when they have ended, the local steps are done in
// their order. A round without messages is allowed.
struct round {
  std::vector<transfer> sends;
  std::vector<transfer> receives;
  std::vector<local_step> after;
};

// slots[slot] = part `part` of `parts` of block `block` of what the rank gives; the result's, if
// `part` … of that block. Blocks are split where an algorithm slices a vector; 0 of 1 is the whole.
struct assignment {
  slot where;
  std::uint32_t block;
  std::uint32_t part = 0;
  std::uint32_t parts = 1;
};

struct schedule {
  std::uint32_t slots = 0;
  std::vector<assignment> load;  // from what is given, before the first round
  std::vector<round> rounds;
  std::vector<assignment> store;  // to the result, after the last
};

// What an algorithm must know to make the schedule of one rank. Equal on all ranks but for `rank`
// and the neighbours.
struct plan_request {
  int rank = 0;
  int size = 1;
  int root = 0;
  // The neighbourhood forms: ranks, or null_rank. What `a` sends to `b` for the k-th time in a's
  // `to` is what `b` gets for the k-th time that `a` stands in b's `from`.
  std::span<const int> to = {};
  std::span<const int> from = {};
};

}  // namespace cohort::collectives
