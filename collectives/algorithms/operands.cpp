// The slots of values under reduction, and the messages and combinations that change them.
#include "collectives/algorithms/operands.hpp"

#include <numeric>

namespace cohort::collectives {

operands::operands(schedule& plan, int count)
    : given_(take_slots(plan, count)),
      result_(take_slots(plan, count)),
      incoming_(take_slots(plan, count)),
      now_(static_cast<std::size_t>(count)) {
  std::iota(now_.begin(), now_.end(), given_);
}

std::vector<slot> operands::now(const std::vector<int>& values) const {
  std::vector<slot> slots;
  for (const int i : values) slots.push_back(now(i));
  return slots;
}

void operands::receive_operands(round& in, int from, const std::vector<int>& values,
                                incoming_side side) {
  transfer message{from, {}};
  for (const int i : values) {
    const slot incoming = nth(incoming_, i);
    slot& own = now_[static_cast<std::size_t>(i)];
    message.slots.push_back(incoming);
    const bool lower = side == incoming_side::lower;
    combine(in, lower ? incoming : own, lower ? own : incoming, result(i));
    own = result(i);
  }
  in.receives.push_back(std::move(message));
}

void operands::receive_results(round& in, int from, const std::vector<int>& values) {
  transfer message{from, {}};
  for (const int i : values) {
    message.slots.push_back(now_[static_cast<std::size_t>(i)] = result(i));
  }
  in.receives.push_back(std::move(message));
}

std::vector<int> all_values(int count) {
  std::vector<int> values(static_cast<std::size_t>(count));
  std::iota(values.begin(), values.end(), 0);
  return values;
}

void load_slices(schedule& plan, const operands& values) {
  for (int i = 0; i < values.count(); ++i) {
    plan.load.push_back(sliced(values.given(i), i, values.count()));
  }
}

void store_slices(schedule& plan, const operands& values) {
  for (int i = 0; i < values.count(); ++i) {
    plan.store.push_back(sliced(values.now(i), i, values.count()));
  }
}

}  // namespace cohort::collectives
