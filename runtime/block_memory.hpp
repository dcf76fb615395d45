// Where the bytes of messages longer than a slot stand while they wait in the ring of one pair: a
// ring of bytes of the sender's, freed in the order of the slots that name them.
#pragma once

#include <cohort/error.hpp>

#include "runtime/heap.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

namespace cohort::runtime {

class block_memory {
 public:
  static constexpr std::uint32_t first_bytes = 4 * page;
  static constexpr std::uint32_t largest_bytes = 64 * page;

  // Contiguous room for `bytes` (at most largest_bytes), or nullptr while the receiver has not
  // consumed enough: `consumed` is how far it is known to have come. commit() takes the room.
  std::byte* room(std::uint32_t bytes, std::uint64_t consumed) {
    while (!in_use_.empty() && in_use_.front().position < consumed) {
      tail_ = in_use_.front().end;
      in_use_.pop_front();
    }
    // Start over where everything is free: the first bytes are the ones still in the caches.
    if (in_use_.empty()) head_ = tail_ = 0;
    return fit(bytes);
  }

  // The same after it filled up: takes four times as much memory, and enough for messages of this
  // size to follow each other. nullptr when it has its full size already, or all that it can get.
  std::byte* grow(std::uint32_t bytes, std::uint64_t consumed, arena& memory, heap& own) {
    while (!retired_.empty() && retired_.front().last_position < consumed) {
      own.free(retired_.front().offset, retired_.front().size);
      retired_.pop_front();
    }
    if (size_ >= largest_bytes) return nullptr;
    std::uint32_t wanted = size_ == 0 ? first_bytes : size_ * 4;
    while (wanted < largest_bytes && wanted < 4 * bytes) wanted *= 4;
    wanted = std::min(wanted, largest_bytes);
    std::uint64_t fresh = 0;
    try {
      fresh = own.allocate(wanted);
    } catch (const resource_error&) {
      if (size_ == 0) throw;
      return nullptr;  // what there is becomes free again
    }
    if (size_ != 0) retired_.push_back({last_position_, offset_, size_});
    in_use_.clear();
    offset_ = fresh;
    base_ = memory.at<std::byte>(fresh, wanted);
    size_ = wanted;
    head_ = tail_ = 0;
    return fit(bytes);
  }

  // The arena's name of a place that room() returned.
  std::uint64_t offset_of(const std::byte* place) const {
    return offset_ + static_cast<std::uint64_t>(place - base_);
  }
  // The bytes up to `place` + `bytes` are named by the slot at `position`.
  void commit(const std::byte* place, std::uint32_t bytes, std::uint64_t position) {
    head_ = static_cast<std::uint32_t>(place - base_) + bytes;
    head_ = std::min(size_, (head_ + 63) / 64 * 64);
    in_use_.push_back({position, head_});
    last_position_ = position;
  }

 private:
  struct use {
    std::uint64_t position;
    std::uint32_t end;
  };
  struct retirement {
    std::uint64_t last_position;
    std::uint64_t offset;
    std::uint32_t size;
  };

  std::byte* fit(std::uint32_t bytes) const {
    if (in_use_.empty()) return bytes <= size_ ? base_ : nullptr;
    // Something is in use: head_ == tail_ means that everything is.
    if (head_ > tail_) {
      if (bytes <= size_ - head_) return base_ + head_;
      return bytes <= tail_ ? base_ : nullptr;
    }
    return bytes <= tail_ - head_ ? base_ + head_ : nullptr;
  }

  std::byte* base_ = nullptr;
  std::uint64_t offset_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t head_ = 0;  // first free byte
  std::uint32_t tail_ = 0;  // first byte in use
  std::uint64_t last_position_ = 0;
  std::deque<use> in_use_;
  std::deque<retirement> retired_;
};

}  // namespace cohort::runtime
