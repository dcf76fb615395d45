// Reductions of long vectors, which are read from their owners' memory in pieces that stay in the
// cache of whoever combines them. reduce and all_reduce: each rank combines a slice, as in
// Rabenseifner's algorithm, but in one step; then the slices are read where they are wanted.
#include "collectives/arena/algorithms.hpp"
#include "collectives/arena/exchange.hpp"
#include "collectives/arena/folding.hpp"
#include "collectives/call_signature.hpp"

#include <algorithm>
#include <functional>

namespace cohort::collectives::arena {

namespace {

using detail::collective;
using detail::collective_call;

// Of each operand; two of them and the result fit the second-level cache.
constexpr std::uint64_t piece_bytes = 64 * 1024;

// Vectors of the same length that all ranks show in the present step.
struct operands {
  exchange& shown;
  const collective_call& part;
  std::uint32_t block;
  std::uint64_t bytes;
  const std::byte* own;  // this rank's
};

// to[0, bytes) = the operands' bytes [begin, begin + bytes), combined from rank `first` to `last`.
// `to` may be where this rank's own operand stands.
void combine(board& shared, const operands& all, int first, int last, std::uint64_t begin,
             std::uint64_t bytes, std::byte* to) {
  const std::uint64_t element = all.part.type->size;
  const std::uint64_t piece = std::max<std::uint64_t>(piece_bytes / element, 1) * element;
  std::byte* const accumulated = shared.scratch(2 * piece + aligned_bytes::alignment);
  // The second on a cache line of its own.
  std::byte* const pulled = accumulated + (piece + aligned_bytes::alignment - 1) /
                                              aligned_bytes::alignment * aligned_bytes::alignment;
  for (std::uint64_t done = 0; done < bytes; done += piece) {
    const std::uint64_t length = std::min(piece, bytes - done);
    const auto operand = [&](int rank, std::byte* room) -> const std::byte* {
      if (rank == shared.rank()) return all.own + begin + done;
      if (!all.shown.exposed(rank)) {
        return all.shown.view(rank, all.block, all.bytes, 0).data() + begin + done;
      }
      shared.pull(rank, room, all.shown.address(rank, all.block) + begin + done, length);
      return room;
    };
    if (first == last) {
      copy_block(to + done, operand(first, to + done), length);
      continue;
    }
    const std::byte* left = operand(first, accumulated);
    for (int rank = first + 1; rank <= last; ++rank) {
      const std::byte* right = operand(rank, pulled);
      // The result's place only at last: it may be this rank's operand.
      std::byte* const out = rank == last ? to + done : accumulated;
      all.part.op->combine(all.part.op->op, left, right, out, length / element);
      left = out;
    }
  }
}

void fold_in_slices(board& shared, const collective_call& part, exchange& shown) {
  const int n = shared.size();
  const int me = shared.rank();
  const std::uint64_t bytes = block_bytes(part);
  const auto slice = [&](int rank) {
    return part_of(bytes, static_cast<std::uint32_t>(rank), static_cast<std::uint32_t>(n),
                   part.type->size);
  };
  const bool wanted = part.what == collective::all_reduce || part.root == me;
  const extent mine = slice(me);
  const auto* own = static_cast<const std::byte*>(part.given.data);
  result_place place(part);
  aligned_bytes elsewhere;  // where this rank's slice goes if it has no result
  std::byte* result = nullptr;
  if (wanted) {
    if (part.got.grow) place.settle({&bytes, 1}, me);
    result = place.block(0);
  }
  std::byte* const combined = wanted ? result + mine.offset : elsewhere.allocate(mine.bytes);
  combine(shared, {shown, part, 0, bytes, own}, 0, n - 1, mine.offset, mine.bytes, combined);

  // Whoever has posted this step has read all that he wants of the contributions, and shows his
  // slice of the result. In place, that slice of ours may be overwritten then, not before.
  shared.next().where = {.at = reinterpret_cast<std::uint64_t>(combined), .table = 0, .stride = 0};
  shared.publish(form::exposed, mine.bytes);
  if (wanted) {
    for (int i = 1; i < n; ++i) {
      const int rank = (me + i) % n;
      const extent theirs = slice(rank);
      shared.pull(rank, result + theirs.offset, shared.of(rank).where.at, theirs.bytes);
    }
  }
  shared.pass();
  if (part.what == collective::all_reduce)
    shared.await_everyone();
  else if (!wanted)
    shared.of(part.root);
}

bool overlap(const std::byte* a, std::uint64_t a_bytes, const std::byte* b, std::uint64_t b_bytes) {
  const std::less<> before;
  return before(a, b + b_bytes) && before(b, a + a_bytes);
}

// reduce_scatter, scan, exscan: each rank has a result of its own.
void fold_for_each(board& shared, const collective_call& part, exchange& shown,
                   const folding& mine) {
  if (!mine.any()) {
    shared.pass();
    shared.await_everyone();
    return;
  }
  const block_table given(part.given.layout);
  const extent block = given.block(mine.block);
  const extent last = given.block(mine.blocks - 1);
  const auto* base = static_cast<const std::byte*>(part.given.data);
  result_place place(part);
  for (int rank = mine.first; rank <= mine.last; ++rank) {
    const std::uint64_t bytes = shown.size(rank, mine.block);
    if (rank == mine.first || !part.got.grow) place.settle({&bytes, 1}, rank);
  }
  // In place, the result goes where others still read; so it waits elsewhere.
  const bool waits = overlap(base, last.offset + last.bytes, place.block(0), block.bytes);
  aligned_bytes elsewhere;
  std::byte* const to = waits ? elsewhere.allocate(block.bytes) : place.block(0);
  combine(shared, {shown, part, mine.block, block.bytes, base + block.offset}, mine.first,
          mine.last, 0, block.bytes, to);
  shared.pass();
  shared.await_everyone();
  copy_block(place.block(0), to, block.bytes);
}

}  // namespace

void fold_sliced(board& shared, const collective_call& part) {
  const folding mine = folding_of(shared, part);
  const exchange_terms terms{.blocks = mine.blocks,
                             .element = part.type->size,
                             .uniform = part.uniform,
                             .each = part.uniform ? block_bytes(part) : 0,
                             .single_copy = true};
  // Short vectors are not worth it, and what the kernel does not let us read is staged.
  if (!part.op->combine || shared.size() == 1 ||
      (part.uniform && terms.each <= inline_room && terms.each * terms.blocks <= inline_room) ||
      !shared.may_pull()) {
    fold_shared(shared, part);
    return;
  }
  exchange shown(shared, terms);
  shown.show(&part.given, 0);
  if (part.what == collective::reduce || part.what == collective::all_reduce)
    fold_in_slices(shared, part, shown);
  else
    fold_for_each(shared, part, shown, mine);
}

}  // namespace cohort::collectives::arena
