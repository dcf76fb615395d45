#include "collectives/topology/boxes.hpp"

#include <cohort/constants.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace cohort::detail {

namespace {

// Where a neighbour stands: -1, 0 or 1 in each dimension.
using direction = std::vector<std::int64_t>;

// Counts through all directions, the last dimension fastest. False after the last.
bool advance(direction& towards) {
  for (std::size_t d = towards.size(); d-- > 0;) {
    if (++towards[d] <= 1) return true;
    towards[d] = -1;
  }
  return false;
}

direction opposite(direction towards) {
  for (auto& step : towards) step = -step;
  return towards;
}

class planner {
 public:
  planner(const cartesian_grid& grid, const halo_layout& layout) : layout_(layout) {
    direction towards(grid.topology.size(), 0);
    for (std::size_t d = 0; d < towards.size(); ++d) {
      for (const int step : {-1, 1}) {
        towards[d] = step;
        border_.push_back(grid.neighbor(towards) == null_rank);
      }
      towards[d] = 0;
    }
  }

  bool matters(const direction& towards) const {
    const auto straight = std::count(towards.begin(), towards.end(), 0);
    const auto dimensions = static_cast<std::ptrdiff_t>(towards.size());
    if (straight == dimensions || (!layout_.corners && straight + 1 < dimensions)) return false;
    for (std::size_t d = 0; d < towards.size(); ++d) {
      if (towards[d] != 0 && layout_.widths[d] == 0) return false;
    }
    return true;
  }

  // The own cells next to the border, or the halo beyond it.
  enum class side { inner, outer };
  box at_border(const direction& towards, side which) const {
    box result;
    for (std::size_t d = 0; d < towards.size(); ++d) {
      const auto n = static_cast<std::size_t>(layout_.extents[d]);
      const auto width = static_cast<std::size_t>(layout_.widths[d]);
      const std::size_t shift = which == side::inner ? width : 0;
      if (towards[d] < 0) {
        add(result, shift, shift + width);
      } else if (towards[d] > 0) {
        add(result, n - shift - width, n - shift);
      } else {
        // Boundary values travel along. Both ends are at the same border, or neither is.
        const bool whole = layout_.corners;
        add(result, whole && border_[2 * d] ? 0 : width,
            n - (whole && border_[2 * d + 1] ? 0 : width));
      }
    }
    return result;
  }

 private:
  static void add(box& to, std::size_t first, std::size_t last) {
    to.first.push_back(first);
    to.last.push_back(last);
  }

  const halo_layout& layout_;
  std::vector<bool> border_;  // for each dimension: before the first cell, after the last
};

// Calls f(offset, length), in elements, for each run of cells that lies in one piece.
template <class F>
void for_each_run(std::span<const int> extents, const box& cells, F&& f) {
  if (cells.cells() == 0) return;
  const std::size_t last = extents.size() - 1;
  const std::size_t length = cells.last[last] - cells.first[last];
  std::vector<std::size_t> at = cells.first;
  for (;;) {
    std::size_t offset = 0;
    for (std::size_t d = 0; d < at.size(); ++d) {
      offset = offset * static_cast<std::size_t>(extents[d]) + at[d];
    }
    f(offset, length);
    std::size_t d = last;
    for (; d > 0; --d) {
      if (++at[d - 1] < cells.last[d - 1]) break;
      at[d - 1] = cells.first[d - 1];
    }
    if (d == 0) return;
  }
}

}  // namespace

std::size_t box::cells() const {
  std::size_t product = 1;
  for (std::size_t d = 0; d < first.size(); ++d) product *= last[d] - first[d];
  return product;
}

std::vector<halo_part> halo_parts(const cartesian_grid& grid, const halo_layout& layout) {
  const planner plan(grid, layout);
  std::vector<halo_part> parts;
  direction towards(grid.topology.size(), -1);
  do {
    if (!plan.matters(towards)) continue;
    const direction back = opposite(towards);
    const halo_part part{grid.neighbor(towards), plan.at_border(towards, planner::side::inner),
                         grid.neighbor(back), plan.at_border(back, planner::side::outer)};
    if (part.destination != null_rank || part.source != null_rank) parts.push_back(part);
  } while (advance(towards));
  return parts;
}

std::byte* pack(const halo_array& array, std::span<const int> extents, const box& cells,
                std::byte* out) {
  for_each_run(extents, cells, [&](std::size_t offset, std::size_t length) {
    const std::size_t bytes = length * array.element_bytes;
    std::memcpy(out, array.data + offset * array.element_bytes, bytes);
    out += bytes;
  });
  return out;
}

const std::byte* unpack(const halo_array& array, std::span<const int> extents, const box& cells,
                        const std::byte* in) {
  for_each_run(extents, cells, [&](std::size_t offset, std::size_t length) {
    const std::size_t bytes = length * array.element_bytes;
    std::memcpy(array.data + offset * array.element_bytes, in, bytes);
    in += bytes;
  });
  return in;
}

}  // namespace cohort::detail
