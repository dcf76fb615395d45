// The job's shared memory on one host: one sparse, unnamed memfd, mapped whole.
#pragma once

#include "runtime/layout.hpp"

#include <unistd.h>

#include <cstdint>
#include <memory>

namespace cohort::runtime {

class arena {
 public:
  // A new arena with room for `ranks` and those that join later. Throws resource_error.
  static std::shared_ptr<arena> create(std::uint32_t ranks);
  // Maps the arena behind an inherited descriptor, which it owns from then on and sets
  // close-on-exec. Throws start_error if the descriptor is not an arena.
  static std::shared_ptr<arena> open(int descriptor);

  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;
  ~arena();

  int descriptor() const { return descriptor_; }
  arena_header& header() const { return *reinterpret_cast<arena_header*>(base_); }
  const arena_map& map() const { return map_; }
  member_entry& member(std::uint32_t slot) const {
    return reinterpret_cast<member_entry*>(base_ + map_.members())[slot];
  }
  name_entry* names() const { return reinterpret_cast<name_entry*>(base_ + map_.names()); }
  // Where the offset of the ring from `sender` to `receiver` stands.
  shared_u64& directory(std::uint32_t receiver, std::uint32_t sender) const {
    return reinterpret_cast<shared_u64*>(base_ + map_.directory() +
                                         map_.row_bytes() * receiver)[sender];
  }

  // Of the communicator that uses `context`; reserve() its page before the first touch.
  std::uint64_t communicator_word(std::uint32_t context) const {
    return map_.communicators() + std::uint64_t{8} * (context / 2);
  }

  // `offset` comes from this process or from a peer; one that is not wholly inside the arena, or
  // not where a T can stand, is an error of the peer's and throws resource_error, so that no report
  // of ours is a wild access.
  template <class T>
  T* at(std::uint64_t offset, std::uint64_t bytes = sizeof(T)) const {
    if (offset > size_ || bytes > size_ - offset || offset % alignof(T) != 0) [[unlikely]]
      out_of_bounds(offset, bytes);
    return reinterpret_cast<T*>(base_ + offset);
  }
  std::uint64_t offset_of(const void* p) const {
    return static_cast<std::uint64_t>(static_cast<const std::byte*>(p) - base_);
  }

  // Makes sure that the pages of a range exist, so that a shortage of memory is a resource_error
  // here and not a bus error at the first touch.
  void reserve(std::uint64_t offset, std::uint64_t bytes) const;

 private:
  arena(int descriptor, std::byte* base, std::uint64_t size, std::uint32_t capacity)
      : descriptor_(descriptor), base_(base), size_(size), map_(capacity), process_(::getpid()) {}
  [[noreturn]] void out_of_bounds(std::uint64_t offset, std::uint64_t bytes) const;

  int descriptor_;
  std::byte* base_;
  std::uint64_t size_;
  arena_map map_;
  pid_t process_;  // that mapped it
};

}  // namespace cohort::runtime
