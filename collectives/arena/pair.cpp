// Collectives of two ranks. Whatever the operation is, each rank has bytes for the other or none,
// and copies or combines those that come. They go in chunks through areas that change hands.
#include "collectives/arena/algorithms.hpp"
#include "collectives/arena/exchange.hpp"
#include "collectives/call_signature.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace cohort::collectives::arena {

namespace {

using detail::collective;
using detail::collective_call;

// What one of two ranks does.
struct part_in_pair {
  bool gives;                  // bytes to the other
  bool takes;                  // bytes from the other
  bool has_own;                // its own contribution has a share in its result
  bool combines;               // that share and what comes, instead of keeping both
  std::uint32_t given_blocks;  // 2: one for each rank
  std::uint32_t got_blocks;
};

part_in_pair part_of_rank(const collective_call& part, int me) {
  const bool root = part.root == me;
  switch (part.what) {
    case collective::broadcast:
      return {root, !root, false, false, 1, 1};
    case collective::scatter:
      return {root, !root, root, false, 2, 1};
    case collective::gather:
      return {!root, root, root, false, 1, 2};
    case collective::all_gather:
      return {true, true, true, false, 1, 2};
    case collective::all_to_all:
      return {true, true, true, false, 2, 2};
    case collective::reduce:
      return {!root, root, root, true, 1, 1};
    case collective::reduce_scatter:
      return {true, true, true, true, 2, 1};
    case collective::scan:
      return {me == 0, me == 1, true, me == 1, 1, 1};
    case collective::exscan:
      return {me == 0, me == 1, false, false, 1, 1};
    default:
      return {true, true, true, true, 1, 1};
  }
}

// Sends `out` to the other rank, if it is not nullptr, while `take(begin, chunk, length)` is called
// for what comes, if `takes`; `bytes` in each direction. `own(begin, length)` is called for each
// chunk between the two, while the other rank is still busy with its own.
template <class Own, class Take>
void stream(board& shared, std::uint64_t bytes, std::uint64_t element, const std::byte* out,
            bool takes, const Own& own, const Take& take) {
  const std::uint64_t chunk = swap_areas::area_bytes / element * element;
  shared.share_areas();
  for (std::uint64_t begin = 0, round = 0; begin < bytes; begin += chunk, ++round) {
    const std::uint64_t length = std::min(chunk, bytes - begin);
    const auto pair = static_cast<std::uint32_t>(round % swap_areas::pairs);
    post& mine = shared.next();
    if (out) {
      const std::uint64_t area = shared.swap_area(pair);
      std::memcpy(shared.at(area, length), out + begin, length);
      mine.where = {.at = area, .table = 0, .stride = 0};
      shared.publish(form::staged, length);
    } else {
      shared.skip_area(pair);
      shared.publish(form::nothing, 0);
    }
    own(begin, length);
    if (takes) take(begin, shared.at(shared.of(1 - shared.rank()).where.at, length), length);
  }
}

}  // namespace

void pair(board& shared, const collective_call& part) {
  const std::uint64_t bytes = block_bytes(part);
  const std::uint64_t element = part.op ? part.type->size : 1;
  const int me = shared.rank();
  const part_in_pair role = part_of_rank(part, me);
  if (bytes * role.given_blocks <= inline_room || element > swap_areas::area_bytes) {
    part.op ? fold_shared(shared, part) : move_shared(shared, part);
    return;
  }
  result_place place(part);
  if (part.got.grow && (role.takes || role.has_own)) {
    const std::array<std::uint64_t, 2> sizes{bytes, bytes};
    place.settle(std::span(sizes).first(role.got_blocks), me);
  }
  const auto mine = static_cast<std::uint32_t>(me);
  const block_table given(part.given.layout);
  const auto* base = static_cast<const std::byte*>(part.given.data);
  const auto block = [&](std::uint32_t rank) {
    return base + given.block(role.given_blocks == 2 ? rank : 0).offset;
  };
  const std::byte* const out = role.gives ? block(1 - mine) : nullptr;
  const std::byte* const own = role.has_own ? block(mine) : nullptr;
  if (role.combines) {
    std::byte* const to = role.takes ? place.block(0) : nullptr;
    stream(
        shared, bytes, element, out, role.takes, [](std::uint64_t, std::uint64_t) {},
        [&](std::uint64_t begin, const std::byte* chunk, std::uint64_t length) {
          const std::byte* const left = me == 0 ? own + begin : chunk;
          const std::byte* const right = me == 0 ? chunk : own + begin;
          part.op->combine(part.op->op, left, right, to + begin, length / element);
        });
    return;
  }
  std::byte* const own_place = own ? place.block(role.got_blocks == 2 ? mine : 0) : nullptr;
  std::byte* const to = role.takes ? place.block(role.got_blocks == 2 ? 1 - mine : 0) : nullptr;
  stream(
      shared, bytes, element, out, role.takes,
      [&](std::uint64_t begin, std::uint64_t length) {
        if (own) copy_block(own_place + begin, own + begin, length);
      },
      [&](std::uint64_t begin, const std::byte* chunk, std::uint64_t length) {
        std::memcpy(to + begin, chunk, length);
      });
}

}  // namespace cohort::collectives::arena
