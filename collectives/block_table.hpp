// Where the blocks of a layout stand, and how a block is cut into parts.
#pragma once

#include <cohort/detail/collective.hpp>

#include "collectives/schedule/schedule.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cohort::collectives {

// Bytes from the start of a block, or of all blocks.
struct extent {
  std::uint64_t offset;
  std::uint64_t bytes;
};

// Part `part` of `parts` of a block: equally many elements in each, the first ones have one more.
constexpr extent part_of(std::uint64_t bytes, std::uint32_t part, std::uint32_t parts,
                         std::uint32_t element) {
  if (parts == 1) return {0, bytes};
  const std::uint64_t count = bytes / element;
  const std::uint64_t each = count / parts;
  const std::uint64_t longer = count % parts;
  const std::uint64_t first = part * each + std::min<std::uint64_t>(part, longer);
  return {first * element, (each + (part < longer ? 1 : 0)) * element};
}

class block_table {
 public:
  block_table() = default;
  // The spans of `layout` outlive this object.
  explicit block_table(const detail::block_layout& layout) : layout_(layout) {
    if (!layout.offsets.empty() || layout.sizes.empty()) return;
    std::uint64_t end = 0;
    for (const std::uint64_t bytes : layout.sizes) {
      starts_.push_back(end);
      end += bytes;
    }
  }

  extent block(std::uint32_t which) const {
    const std::uint64_t bytes = layout_.sizes.empty() ? layout_.each : layout_.sizes[which];
    if (!layout_.offsets.empty()) return {layout_.offsets[which], bytes};
    return {starts_.empty() ? which * layout_.each : starts_[which], bytes};
  }
  extent part(const assignment& what, std::uint32_t element) const {
    const extent whole = block(what.block);
    const extent inside = part_of(whole.bytes, what.part, what.parts, element);
    return {whole.offset + inside.offset, inside.bytes};
  }

 private:
  detail::block_layout layout_;
  std::vector<std::uint64_t> starts_;  // of blocks of different sizes without given offsets
};

}  // namespace cohort::collectives
