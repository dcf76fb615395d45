// Collectives that move blocks: broadcast, scatter, gather, all_gather, all_to_all. They differ in
// who gives and who takes, and in whether a giver has a block for each rank; all else is one
// algorithm.
#include "collectives/arena/algorithms.hpp"
#include "collectives/arena/exchange.hpp"
#include "collectives/call_signature.hpp"

#include <array>
#include <cstring>

namespace cohort::collectives::arena {

namespace {

using detail::collective;
using detail::collective_call;
using detail::contribution;

constexpr int all_ranks = -1;

struct movement {
  int giver;  // or all_ranks
  int taker;  // or all_ranks
  bool many;  // a giver has a block for each rank
};

movement movement_of(const collective_call& part) {
  switch (part.what) {
    case collective::broadcast:
      return {part.root, all_ranks, false};
    case collective::scatter:
      return {part.root, all_ranks, true};
    case collective::gather:
      return {all_ranks, part.root, false};
    case collective::all_gather:
      return {all_ranks, all_ranks, false};
    default:
      return {all_ranks, all_ranks, true};
  }
}

// What an in-place all_to_all gives, out of the way of what it gets.
class set_aside {
 public:
  set_aside(const contribution& given, std::uint32_t blocks) {
    const block_table from(given.layout);
    std::uint64_t end = 0;
    for (std::uint32_t b = 0; b < blocks; ++b) end += from.block(b).bytes;
    std::byte* to = memory_.allocate(end);
    contribution_.data = to;
    contribution_.layout = {.each = given.layout.each, .sizes = given.layout.sizes, .offsets = {}};
    for (std::uint32_t b = 0; b < blocks; ++b) {
      const extent block = from.block(b);
      if (block.bytes == 0) continue;
      std::memcpy(to, static_cast<const std::byte*>(given.data) + block.offset, block.bytes);
      to += block.bytes;
    }
  }
  const contribution& copy() const { return contribution_; }

 private:
  aligned_bytes memory_;
  contribution contribution_;
};

void run(board& shared, const collective_call& part, bool single_copy, const contribution& given) {
  const movement how = movement_of(part);
  const int n = shared.size();
  const int me = shared.rank();
  const bool gives = how.giver == all_ranks || how.giver == me;
  // A broadcast's root has what it gives, and no place to get it.
  const bool takes =
      (how.taker == all_ranks || how.taker == me) && !(part.what == collective::broadcast && gives);
  const std::uint32_t mine = how.many ? static_cast<std::uint32_t>(me) : 0;
  const exchange_terms terms{.blocks = how.many ? static_cast<std::uint32_t>(n) : 1,
                             .uniform = part.uniform,
                             .each = part.uniform ? block_bytes(part) : 0,
                             .single_copy = single_copy && shared.may_pull()};
  exchange blocks(shared, terms);
  blocks.show(gives ? &given : nullptr, 0);
  blocks.learn(how.giver);

  const int first = how.giver == all_ranks ? 0 : how.giver;
  const int count = how.giver == all_ranks ? n : 1;
  result_place place(part);
  std::vector<std::uint64_t> sizes;
  if (takes && (!part.uniform || part.got.grow)) {
    for (int giver = first; giver < first + count; ++giver) {
      sizes.push_back(blocks.size(giver, mine));
    }
    place.settle(sizes, first);
  }
  const auto size_of = [&](int giver) {
    return sizes.empty() ? terms.each : sizes[static_cast<std::size_t>(giver - first)];
  };
  const auto place_of = [&](int giver) {
    return place.block(static_cast<std::uint32_t>(giver - first));
  };
  if (takes && gives) {
    copy_block(
        place_of(me),
        static_cast<const std::byte*>(given.data) + block_table(given.layout).block(mine).offset,
        size_of(me));
  }
  for (std::uint64_t round = 0; round < blocks.rounds(); ++round) {
    if (round != 0) blocks.show(gives ? &given : nullptr, round);
    if (!takes) continue;
    for (int i = 0; i < count; ++i) {
      // Each begins with its neighbour, so that not all read one giver's memory at once.
      const int giver = count == 1 ? first : (me + 1 + i) % n;
      if (giver == me) continue;
      blocks.take(giver, mine, size_of(giver), round, place_of(giver));
    }
  }
  blocks.part(how.taker);
}

void move(board& shared, const collective_call& part, bool single_copy) {
  // Blocks that come would overwrite blocks that are still to be read by others.
  const bool in_place = part.what == collective::all_to_all && part.given.data == part.got.data &&
                        part.got.data != nullptr;
  if (in_place) {
    const set_aside given(part.given, static_cast<std::uint32_t>(shared.size()));
    run(shared, part, single_copy, given.copy());
  } else {
    run(shared, part, single_copy, part.given);
  }
}

}  // namespace

void move_shared(board& shared, const collective_call& part) {
  move(shared, part, false);
}

void move_single_copy(board& shared, const collective_call& part) {
  move(shared, part, true);
}

}  // namespace cohort::collectives::arena
