// How many items go to a worker at a time: so many that handing them over costs little beside them,
// and so few that all workers end at about the same time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cohort::detail {

// Not for several threads at a time.
class chunk_chooser {
 public:
  // `given`: always that many; 0: chosen. `largest`: never more, unless given.
  chunk_chooser(std::size_t given, std::size_t workers, std::size_t largest) noexcept
      : given_(given), workers_(workers), largest_(largest) {}

  // The size of the next chunk of `left` items, at least one. A chunk is to take about
  // `worth_while`, and no more than half a worker's share of what is left, so that the last chunks
  // are short (guided self-scheduling: Polychronopoulos and Kuck, 1987). Single items until the
  // first times are known.
  std::size_t next(std::size_t left) const noexcept {
    if (given_ != 0) return std::min(given_, left);
    if (average_ == 0) return 1;
    const auto worth = static_cast<std::size_t>(worth_while / average_);
    return std::clamp<std::size_t>(worth, 1, std::min(largest_, left / (2 * workers_) + 1));
  }

  // A chunk took that long. Half the weight is the newest one's: times change along the input.
  void measured(std::size_t items, std::int64_t nanoseconds) noexcept {
    if (items == 0 || nanoseconds <= 0) return;
    const double each = static_cast<double>(nanoseconds) / static_cast<double>(items);
    average_ = std::max(average_ == 0 ? each : (average_ + each) / 2, 0.1);
  }

 private:
  static constexpr double worth_while = 200'000;  // ns; a hand-over costs one to ten thousand

  std::size_t given_;
  std::size_t workers_;
  std::size_t largest_;
  double average_ = 0;  // ns per item; 0: unknown
};

}  // namespace cohort::detail
