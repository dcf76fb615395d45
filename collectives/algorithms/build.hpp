// The small parts that the files of algorithms are written with: slots, messages, ranks on a ring.
#pragma once

#include "collectives/schedule/schedule.hpp"

#include <utility>
#include <vector>

namespace cohort::collectives {

// The first of `count` unused slots.
inline slot take_slots(schedule& plan, int count) {
  return std::exchange(plan.slots, plan.slots + static_cast<slot>(count));
}

constexpr slot nth(slot first, int index) {
  return first + static_cast<slot>(index);
}

// A rank that may have run over an end of 0 … size − 1 by less than `size`.
constexpr int wrapped(int rank, int size) {
  return (rank % size + size) % size;
}

inline round send_round(int to, std::vector<slot> what) {
  round made;
  made.sends.push_back({to, std::move(what)});
  return made;
}

inline round receive_round(int from, std::vector<slot> what) {
  round made;
  made.receives.push_back({from, std::move(what)});
  return made;
}

inline round exchange_round(int to, std::vector<slot> out, int from, std::vector<slot> in) {
  round made = send_round(to, std::move(out));
  made.receives.push_back({from, std::move(in)});
  return made;
}

inline void combine(round& in, slot left, slot right, slot into) {
  in.after.push_back({left, right, into});
}

inline assignment whole(slot where, int block = 0) {
  return {where, static_cast<std::uint32_t>(block)};
}

inline assignment sliced(slot where, int part, int parts) {
  return {where, 0, static_cast<std::uint32_t>(part), static_cast<std::uint32_t>(parts)};
}

}  // namespace cohort::collectives
