// The short forms in which blocks are written where algorithms are explained.
#include "collectives/explain/explain.hpp"

#include "collectives/call_signature.hpp"

#include <algorithm>

namespace cohort::collectives {

namespace {

using detail::collective;

// 0, 1, 2, 5 → "0..2,5", each number after `before`.
template <typename Number>
std::string runs(const std::vector<Number>& numbers, const std::string& before) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size();) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    if (!text.empty()) text += ",";
    text += before + std::to_string(numbers[i]);
    if (last > i) text += ".." + before + std::to_string(numbers[last]);
    i = last + 1;
  }
  return text;
}

bool reduces(collective operation) {
  return operation == collective::reduce || operation == collective::all_reduce ||
         operation == collective::reduce_scatter || operation == collective::scan ||
         operation == collective::exscan;
}

// Whether ranks give a block for each rank, so that a block needs its number.
bool gives_many(collective operation) {
  return operation == collective::scatter || operation == collective::reduce_scatter;
}

// Blocks that are told apart by one number, after a letter: a slice, the giver, or the receiver.
std::string numbered(collective operation, const std::vector<symbolic_block>& blocks) {
  const bool sliced = blocks.front().parts > 1;
  std::vector<std::uint32_t> numbers;
  for (const symbolic_block& b : blocks) {
    numbers.push_back(sliced                  ? b.part
                      : gives_many(operation) ? b.block
                                              : static_cast<std::uint32_t>(b.of.front()));
  }
  return runs(numbers, sliced ? "p" : "b");
}

std::string from_to(const symbolic_block& b, collective operation) {
  const char* const between = operation == collective::all_to_all ? ">" : ".";
  return std::to_string(b.of.front()) + between + std::to_string(b.block);
}

std::string full_label(collective operation, const std::vector<symbolic_block>& blocks) {
  const symbolic_block& first = blocks.front();
  if (operation == collective::all_to_all || operation == collective::neighbor_all_to_all) {
    std::string text;
    for (const symbolic_block& b : blocks)
      text += (text.empty() ? "" : " ") + from_to(b, operation);
    return text;
  }
  if (operation == collective::broadcast && first.parts == 1) return "";
  if (!reduces(operation)) return numbered(operation, blocks);
  std::string text;
  for (std::size_t i = 0; i < blocks.size();) {
    std::vector<symbolic_block> alike;
    for (; i < blocks.size() && (alike.empty() || blocks[i].of == alike.front().of); ++i) {
      alike.push_back(blocks[i]);
    }
    const std::string of = runs(alike.front().of, "");
    const bool bare = first.parts == 1 && !gives_many(operation);
    text += (text.empty() ? "" : " ") + (bare ? of : numbered(operation, alike) + " of " + of);
  }
  return text;
}

}  // namespace

std::string title_of(const example& shown) {
  std::string text = std::string(name_of(shown.by->operation)) + " by " +
                     std::string(shown.by->name) + ", " + std::to_string(shown.ranks) +
                     (shown.ranks == 1 ? " rank" : " ranks");
  if (has_root(shown.by->operation)) text += ", root " + std::to_string(shown.root);
  return text;
}

std::string label_of(collective operation, const std::vector<symbolic_block>& blocks,
                     std::size_t width) {
  if (blocks.empty()) return "";
  std::string text = full_label(operation, blocks);
  if (text.size() <= width) return text;
  return std::to_string(blocks.size()) + (blocks.front().parts > 1 ? " part" : " block") +
         (blocks.size() == 1 ? "" : "s");
}

std::string legend_of(collective operation, bool sliced) {
  switch (operation) {
    case collective::barrier:
      return "The messages are signals, without content.";
    case collective::broadcast:
      return sliced ? "p3: part 3 of the root's block." : "Each message carries the root's block.";
    case collective::scatter:
      return "b3: the block for rank 3.";
    case collective::gather:
    case collective::all_gather:
    case collective::neighbor_all_gather:
      return "b3: the block of rank 3.";
    case collective::all_to_all:
      return "0>3: the block from rank 0 for rank 3.";
    case collective::neighbor_all_to_all:
      return "3.1: the block of rank 3 for its neighbour 1, the one after it; 0 is the one before.";
    case collective::reduce_scatter:
      return "b3 of 0..2: the blocks for rank 3 of ranks 0, 1 and 2, combined.";
    case collective::exscan:
      return "0..2: the blocks of ranks 0, 1 and 2, combined.";
    case collective::reduce:
    case collective::all_reduce:
    case collective::scan:
      break;
  }
  return sliced ? "p3 of 0..2: part 3 of the blocks of ranks 0, 1 and 2, combined."
                : "0..2: the blocks of ranks 0, 1 and 2, combined. => what the receiver has then.";
}

std::string combined_by(const simulation& seen, const simulated_message& message,
                        collective operation) {
  // In an exclusive scan it is not what the rank keeps.
  if (operation == collective::exscan || gives_many(operation)) return "";
  if (message.blocks.size() != 1 || message.blocks[0].parts > 1) return "";
  std::string text;
  // A rank may combine twice in a step; what it has in the end is the most.
  std::size_t most = 0;
  for (const simulated_combination& made : seen.combinations) {
    if (made.step != message.step || made.rank != message.to) continue;
    if (made.result.of.size() <= most) continue;
    most = made.result.of.size();
    text = label_of(operation, {made.result}, 40);
  }
  return text;
}

}  // namespace cohort::collectives
