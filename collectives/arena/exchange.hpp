// Blocks on a board: a rank that gives shows its blocks in a step, the others take theirs.
#pragma once

#include <cohort/detail/collective.hpp>

#include "collectives/block_table.hpp"
#include "collectives/board/board.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace cohort::collectives {

// What all ranks know before an exchange.
struct exchange_terms {
  std::uint32_t blocks = 1;   // that each giver shows
  std::uint64_t element = 1;  // bytes that are not torn apart
  bool uniform = true;
  std::uint64_t each = 0;    // bytes of every block, if uniform
  bool single_copy = false;  // large blocks are read from their giver's memory: board::may_pull()
};

// Blocks that fit go into the post itself. Larger ones are read from the giver's memory, if the
// terms allow it. Otherwise they are staged, in as many rounds as the largest block needs; each
// round is a step, and two staging areas let a giver fill one while the other is read.
//
// Where sizes are not known beforehand each giver decides by itself how it shows its blocks, and
// says in its post how large they are.
class exchange {
 public:
  exchange(board& shared, const exchange_terms& terms);

  // Round `round`, a step: shows what this rank gives; nullptr: nothing.
  void show(const detail::contribution* given, std::uint64_t round);
  // Rounds in all. Where sizes are not known beforehand only after learn(), in round 0, with the
  // giver `root`, or with all as givers if `root` is negative.
  std::uint64_t rounds() const { return rounds_; }
  void learn(int root);

  // The bytes of a giver's block; round 0.
  std::uint64_t size(int rank, std::uint32_t block);
  // Copies the present round's part of a block of `bytes` in all to its place in `to`.
  void take(int rank, std::uint32_t block, std::uint64_t bytes, std::uint64_t round, std::byte* to);
  // The present round's part of a block that is not exposed, where it stands.
  std::span<const std::byte> view(int rank, std::uint32_t block, std::uint64_t bytes,
                                  std::uint64_t round);
  bool exposed(int rank);
  // Where in its giver's memory an exposed block stands.
  std::uint64_t address(int rank, std::uint32_t block);
  // The round's part of a block of `bytes`: where it begins, and its length.
  std::uint64_t begin_of(std::uint64_t round) const { return round * chunk_; }
  std::uint64_t length_of(std::uint64_t bytes, std::uint64_t round) const {
    if (rounds_ == 1) return bytes;
    return begin_of(round) < bytes ? std::min(chunk_, bytes - begin_of(round)) : 0;
  }

  // The end: a step if there may be exposed blocks. Who has exposed some waits until `taker`, or
  // everyone if that is negative, has taken them.
  void part(int taker);

 private:
  form form_for(std::uint64_t largest) const;
  void stage_blocks(post& mine, const detail::contribution& given, const block_table& blocks,
                    std::uint64_t largest, std::uint64_t round);
  void expose_blocks(post& mine, const detail::contribution& given, const block_table& blocks);
  struct entry {  // of a table of blocks
    std::uint64_t bytes;
    std::uint64_t offset;
  };
  std::uint64_t table_bytes() const { return sizeof(entry) * terms_.blocks; }
  void write_table(std::uint64_t at, const block_table& blocks) const;
  entry table_entry(const post& theirs, std::uint32_t block) const;
  [[noreturn]] void refuse(int rank) const;

  board& shared_;
  const exchange_terms terms_;
  // Of what is staged.
  std::uint64_t stride_ = 0;  // room for a block in a staging area
  std::uint64_t chunk_ = 0;   // bytes of a block in one round
  std::uint64_t rounds_ = 1;
  bool exposed_ = false;  // by this rank
};

// Where the blocks of a result go.
class result_place {
 public:
  explicit result_place(const detail::collective_call& part)
      : part_(part), blocks_(part.got.layout), data_(static_cast<std::byte*>(part.got.data)) {}

  // The sizes are known: makes the place, or checks it. Throws collective_error where it does not
  // fit; `from` is the rank that gives the first block.
  void settle(std::span<const std::uint64_t> sizes, int from);
  std::byte* block(std::uint32_t which) const {
    return data_ + (grown_.empty() ? blocks_.block(which).offset : grown_[which]);
  }

 private:
  const detail::collective_call& part_;
  block_table blocks_;
  std::byte* data_;
  std::vector<std::uint64_t> grown_;  // offsets
};

// memcpy, unless it is there already.
inline void copy_block(std::byte* to, const std::byte* from, std::uint64_t bytes) {
  if (bytes != 0 && to != from) std::memcpy(to, from, bytes);
}

}  // namespace cohort::collectives
