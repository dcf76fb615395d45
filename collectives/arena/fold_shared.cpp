// Reductions in which every rank shows its contribution to all, and whoever has a result combines
// them by itself: the fewest steps, for short vectors; and for archives, which can't be cut.
#include <cohort/byte_buffer.hpp>

#include "collectives/arena/algorithms.hpp"
#include "collectives/arena/exchange.hpp"
#include "collectives/arena/folding.hpp"
#include "collectives/call_signature.hpp"

#include <cstring>
#include <utility>
#include <vector>

namespace cohort::collectives::arena {

using detail::collective_call;

void fold_shared(board& shared, const collective_call& part) {
  if (!part.op->combine) {
    fold_packed(shared, part);
    return;
  }
  const folding mine = folding_of(shared, part);
  exchange blocks(shared, {.blocks = mine.blocks,
                           .element = part.type->size,
                           .uniform = part.uniform,
                           .each = part.uniform ? block_bytes(part) : 0});
  // Nobody else combines what the root of a reduction gives.
  const bool alone = part.uniform && part.what == detail::collective::reduce && mine.any();
  const detail::contribution* const shown = alone ? nullptr : &part.given;
  blocks.show(shown, 0);
  blocks.learn(-1);
  result_place place(part);
  std::uint64_t bytes = part.uniform ? block_bytes(part) : 0;
  if (mine.any()) {
    if (!part.uniform || part.got.grow) {
      // All must give as much as the first.
      for (int rank = mine.first; rank <= mine.last; ++rank) {
        bytes = blocks.size(rank, mine.block);
        if (rank == mine.first || !part.got.grow) place.settle({&bytes, 1}, rank);
      }
    }
  }
  const block_table given(part.given.layout);
  const auto* own = static_cast<const std::byte*>(part.given.data) + given.block(mine.block).offset;
  for (std::uint64_t round = 0; round < blocks.rounds(); ++round) {
    if (round != 0) blocks.show(shown, round);
    if (!mine.any()) continue;
    const std::uint64_t begin = blocks.begin_of(round);
    const std::uint64_t length = blocks.length_of(bytes, round);
    const auto operand = [&](int rank) {
      return rank == shared.rank() ? own + begin
                                   : blocks.view(rank, mine.block, bytes, round).data();
    };
    std::byte* const to = place.block(0) + begin;
    const std::byte* left = operand(mine.first);
    if (mine.first == mine.last) copy_block(to, left, length);
    for (int rank = mine.first + 1; rank <= mine.last; ++rank) {
      // The result's place only at last: it may be this rank's operand.
      std::byte* const out = rank == mine.last ? to : shared.scratch(length);
      part.op->combine(part.op->op, left, operand(rank), out, length / part.type->size);
      left = out;
    }
  }
}

void fold_packed(board& shared, const collective_call& part) {
  const folding mine = folding_of(shared, part);
  const int givers = mine.last - mine.first + 1;
  exchange blocks(shared,
                  {.blocks = mine.blocks, .uniform = false, .single_copy = shared.may_pull()});
  blocks.show(&part.given, 0);
  blocks.learn(-1);
  std::vector<byte_buffer> archives(static_cast<std::size_t>(givers > 0 ? givers : 0));
  for (int i = 0; i < givers; ++i) {
    archives[static_cast<std::size_t>(i)].resize(blocks.size(mine.first + i, mine.block));
  }
  const block_table given(part.given.layout);
  const auto* own = static_cast<const std::byte*>(part.given.data);
  for (std::uint64_t round = 0; round < blocks.rounds(); ++round) {
    if (round != 0) blocks.show(&part.given, round);
    for (int i = 0; i < givers; ++i) {
      byte_buffer& archive = archives[static_cast<std::size_t>(i)];
      const int giver = mine.first + i;
      if (giver != shared.rank()) {
        blocks.take(giver, mine.block, archive.size(), round, archive.data());
      } else if (round == 0) {
        copy_block(archive.data(), own + given.block(mine.block).offset, archive.size());
      }
    }
  }
  blocks.part(part.what == detail::collective::reduce ? part.root : -1);
  if (!mine.any()) return;

  byte_buffer result = std::move(archives.front());
  byte_buffer combined;
  for (std::size_t i = 1; i < archives.size(); ++i) {
    combined.clear();
    part.op->combine_packed(part.op->op, result.bytes(), archives[i].bytes(), combined);
    std::swap(result, combined);
  }
  result_place place(part);
  const std::uint64_t bytes = result.size();
  place.settle({&bytes, 1}, shared.rank());
  copy_block(place.block(0), result.data(), bytes);
}

}  // namespace cohort::collectives::arena
