// The memory behind a schedule's slots at one rank: where each block lies between its load and its
// store. Bytes are copied only where that can't be avoided.
#pragma once

#include <cohort/byte_buffer.hpp>
#include <cohort/detail/collective.hpp>

#include "collectives/aligned_bytes.hpp"
#include "collectives/block_table.hpp"
#include "collectives/schedule/schedule.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

namespace cohort::collectives {

// A slot is a view of bytes that stand in the input, in the result, in a message, or in memory of
// the store. A loaded slot is a view of the input, since schedules never write to it. What is
// written to a slot goes
// - where all sizes are known beforehand (uniform calls), to its place, given to it before the
// first
//   round: where the result wants it, if it is stored once, else scratch memory. So a block is
//   received right where it belongs.
// - where they are not, to memory of its own each time; what is received stays in its message.
//
// Where input and result overlap, a loaded slot that a write to another one could change while it
// is still needed is copied first.
class slot_store {
 public:
  // Loads. `ranks` is the size of the communicator. `part` and `plan` outlive this object. Throws
  // std::bad_alloc, and what destination.grow throws.
  slot_store(const detail::collective_call& part, const schedule& plan, int ranks);
  slot_store(const slot_store&) = delete;
  slot_store& operator=(const slot_store&) = delete;

  // The bytes of a message with these slots. They stand until the next end_round().
  std::span<const std::byte> outgoing(const std::vector<slot>& slots);

  // Where a message with some slots is received. `message` is the memory that it takes, where it
  // does not go to the places of its slots.
  struct room {
    detail::sink where;
    aligned_bytes* message = nullptr;
  };
  room room_for(const std::vector<slot>& slots, const detail::element_type& type);
  // It is there. Throws collective_error where its bytes make no sense.
  void arrived(const std::vector<slot>& slots, const room& into, std::uint64_t bytes);
  void end_round() { packed_.clear(); }

  // Throws what the operator throws; collective_error where the operands differ in length.
  void apply(const local_step& step);
  // After the last round: what is not there yet goes to the result. Throws what destination.grow
  // throws; collective_error where a block has not the length that the caller expects.
  void store();

  // From now on uses neither the input nor the result: what is needed of them is copied, and
  // nothing is stored. Throws std::bad_alloc, with nothing done.
  void detach();
  // After detach(), where the bytes at `address` are now.
  std::byte* moved(const void* address) const;

 private:
  struct state {
    const std::byte* data = nullptr;
    std::uint64_t bytes = 0;
    std::byte* place = nullptr;
  };
  // Memory of the user's.
  struct region {
    const std::byte* first = nullptr;
    const std::byte* last = nullptr;

    void include(const std::byte* data, std::uint64_t bytes);
    bool holds(const void* address) const { return first <= address && address < last; }
    bool overlaps(const region& other) const { return first < other.last && other.first < last; }
  };

  extent source_of(const assignment& loaded) const;
  std::byte* target_of(const assignment& stored) const;
  void load();
  void make_result();
  void find_regions();
  void size_slots();
  void place_slots();
  void keep_threatened();
  aligned_bytes& new_memory() { return memory_.emplace_back(); }
  std::uint64_t header_bytes(std::size_t slots) const;
  std::byte* destination_of(state& into, std::uint64_t bytes);
  void combine(const state& left, const state& right, state& into);
  std::vector<std::uint64_t> stored_sizes() const;
  void check_lengths(std::span<const std::uint64_t> stored) const;

  const detail::collective_call& part_;
  const schedule& plan_;
  const std::size_t result_blocks_;
  std::byte* result_base_ = nullptr;  // nullptr while it is to be grown, and where there is none
  block_table input_;
  block_table result_;
  std::vector<state> slots_;
  // References to the elements stay valid.
  std::deque<aligned_bytes> memory_;  // scratch, messages, combined blocks, copies
  std::deque<aligned_bytes> packed_;  // sent in this round
  std::deque<byte_buffer> archives_;  // combined archives
  region input_region_;
  region result_region_;
  // Copies of the regions, as far from alignment as those; nullptr before detach().
  std::byte* input_copy_ = nullptr;
  std::byte* result_copy_ = nullptr;
};

}  // namespace cohort::collectives
