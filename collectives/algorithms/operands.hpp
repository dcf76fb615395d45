// Values under reduction: one, or one for each block or slice of a vector.
#pragma once

#include "collectives/algorithms/build.hpp"

#include <cstdint>
#include <vector>

namespace cohort::collectives {

// Whether what comes is of lower ranks than what it is combined with.
enum class incoming_side : std::uint8_t { lower, higher };

// For each value three slots: what the rank gives, which is only read; the result, from the first
// combination on; and what comes from another rank, to be combined.
class operands {
 public:
  // Takes the slots; the caller loads given(0) … given(count − 1).
  operands(schedule& plan, int count);

  int count() const { return static_cast<int>(now_.size()); }
  slot given(int i) const { return nth(given_, i); }
  slot result(int i) const { return nth(result_, i); }
  // Where the value lies at this moment.
  slot now(int i) const { return now_[static_cast<std::size_t>(i)]; }
  std::vector<slot> now(const std::vector<int>& values) const;

  // The round receives another rank's part of these values, and combines it with this rank's.
  void receive_operands(round& in, int from, const std::vector<int>& values, incoming_side side);
  // The round receives these values as they are to be.
  void receive_results(round& in, int from, const std::vector<int>& values);

 private:
  slot given_;
  slot result_;
  slot incoming_;
  std::vector<slot> now_;
};

// 0, 1, … count − 1.
std::vector<int> all_values(int count);

// The slices of a vector: value i is part i of `count`.
void load_slices(schedule& plan, const operands& values);
void store_slices(schedule& plan, const operands& values);

}  // namespace cohort::collectives
