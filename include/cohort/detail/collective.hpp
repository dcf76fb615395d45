// The seam between the templates of the collectives and the compiled core: one rank's part of one
// collective operation, as bytes in blocks. Nothing here is for users.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/call.hpp>
#include <cohort/detail/core.hpp>
#include <cohort/detail/element_type.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace cohort::detail {

enum class collective : std::uint8_t {
  barrier,
  broadcast,
  scatter,
  gather,
  all_gather,
  all_to_all,
  reduce,
  all_reduce,
  reduce_scatter,
  scan,
  exscan,
  neighbor_all_gather,
  neighbor_all_to_all,
};

// Bytes in blocks: one for each rank (or neighbour), or a single one.
struct block_layout {
  std::uint64_t each = 0;                    // bytes of every block, where they are equal
  std::span<const std::uint64_t> sizes{};    // bytes by block, where they are not
  std::span<const std::uint64_t> offsets{};  // bytes from the base; empty: one after another
};

// What a rank gives. A block per rank: scatter (at the root), all_to_all, reduce_scatter; a block
// per neighbour: neighbor_all_to_all; a single one: all others.
struct contribution {
  const void* data = nullptr;
  block_layout layout{};
};

// Where a rank's result goes. A block per rank: gather (at the root), all_gather, all_to_all; a
// block per neighbour: the neighbourhood forms; a single one: all others.
//
// Either a place of the caller's with a known layout, or one that is made once all sizes are known:
// grow(owner, sizes) returns where the first block goes; the others follow it without gaps. It is
// called once, on the thread that is in the library, and may throw.
struct destination {
  void* data = nullptr;
  block_layout layout{};
  void* (*grow)(void* owner, std::span<const std::uint64_t> sizes) = nullptr;
  void* owner = nullptr;
};

// How two contributions become one. The left operand comes from lower ranks than the right one. The
// functions call the user's operator, so they may throw anything; the rank that meets the exception
// closes the communicator's collectives and passes it on.
struct reduction {
  // out[i] = left[i] op right[i] for all i < count; out may be left, or right. An operand has
  // collective_call::type->size bytes; the places are aligned as its type is, up to
  // alignof(std::max_align_t).
  void (*combine)(const void* op, const void* left, const void* right, void* out,
                  std::size_t count) = nullptr;
  // The same for elements that travel as archives; appends to `out`.
  void (*combine_packed)(const void* op, std::span<const std::byte> left,
                         std::span<const std::byte> right, byte_buffer& out) = nullptr;
  const void* op = nullptr;  // the callable, as the functions above know it
  std::uint32_t id = 0;      // tells operators apart when ranks disagree; hash of `name`
  const char* name = "";     // "plus"; for people
  bool commutative = false;
};

// One rank's part of one collective operation. In place where what is given lies at the place of
// the result: `given.data` is then the address of the block that it becomes (reductions, scans,
// gather at the root, all_gather, all_to_all), or `got.data` the address of the block that it was
// (scatter at the root, reduce_scatter).
struct collective_call {
  collective what = collective::barrier;
  const char* name = "";  // as the user has called it: "all_reduce"
  int root = 0;
  const element_type* type = nullptr;
  // All ranks give and get blocks of one size, which each of them knows. Otherwise sizes travel
  // with the blocks, and a place with a layout is checked against them.
  bool uniform = true;
  contribution given{};
  destination got{};
  const reduction* op = nullptr;  // of the reductions
  // The neighbourhood forms: ranks (or null_rank) that this one sends to, and receives from.
  std::span<const int> to{};
  std::span<const int> from{};
};

}  // namespace cohort::detail

namespace cohort::runtime {

// Takes part; returns when this rank's result is there and what it has given may change. Throws
// what any rank of the communicator did wrong, rank_failed, timeout_error; the communicator's
// collectives are closed afterwards (see communicator.hpp).
void run_collective(communicator_state& comm, const detail::collective_call& part,
                    const call& where);
// The same without waiting. `keep` holds all that `part` refers to, but for the bytes that are
// given and the place of the result: these are the caller's until the request has ended or is
// dropped. If it is dropped before, the call goes on for the sake of the other ranks, with copies
// of the bytes that they still need; nothing is stored or grown from then on, so the caller may
// free all he lent. Calls on one communicator are started in the same order on all ranks, blocking
// ones included; any number may be under way.
pending start_collective(const std::shared_ptr<communicator_state>& comm,
                         const detail::collective_call& part, std::shared_ptr<void> keep,
                         const call& where);

// For a rank that can't take part in a collective that it has been called for, and is about to
// throw why: closes the communicator's collectives, so that the other ranks throw collective_error
// with this problem instead of waiting.
void abandon_collective(communicator_state& comm, const char* name, const char* problem,
                        const call& where) noexcept;

}  // namespace cohort::runtime
