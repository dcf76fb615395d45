// A growable, contiguous run of bytes that are not zeroed when it grows: what messages are packed
// into. Small contents live inside the object.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <span>

namespace cohort {

// Owns its bytes; movable, not copyable. Growth is geometric, so appending is amortised constant
// time. Everything that may grow it throws std::bad_alloc and then leaves it as it was. Growing
// invalidates pointers into it; so does moving it.
//
//   byte_buffer bytes;
//   bytes.append("abc", 3);
class byte_buffer {
 public:
  // Chosen so that the archive of a few numbers and short strings needs no allocation.
  static constexpr std::size_t inline_capacity = 256;

  byte_buffer() noexcept {}
  byte_buffer(byte_buffer&& other) noexcept { take(other); }
  byte_buffer& operator=(byte_buffer&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  ~byte_buffer() { release(); }

  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }
  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }

  // Keeps the capacity.
  void clear() noexcept { size_ = 0; }

  // Makes room for at least `capacity` bytes in all.
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow_to(capacity);
  }

  // Bytes that this adds are uninitialised.
  void resize(std::size_t size) {
    if (size > capacity_) grow_for(size);
    size_ = size;
  }

  // Adds `count` uninitialised bytes and returns the address of the first.
  std::byte* extend(std::size_t count) {
    if (count > capacity_ - size_) {
      if (count > largest - size_) throw std::bad_alloc();
      grow_for(size_ + count);
    }
    std::byte* const tail = data_ + size_;
    size_ += count;
    return tail;
  }

  // `source` must not lie in this buffer.
  void append(const void* source, std::size_t count) {
    if (count != 0) std::memcpy(extend(count), source, count);
  }

 private:
  static constexpr std::size_t largest = std::numeric_limits<std::ptrdiff_t>::max();

  void grow_for(std::size_t size) { grow_to(std::max(size, capacity_ + capacity_ / 2)); }

  // Out of line, so that an append costs its caller a compare and a copy.
  [[gnu::noinline]] void grow_to(std::size_t capacity) {
    if (capacity > largest) throw std::bad_alloc();
    const bool on_heap = data_ != inline_;
    void* const grown = std::realloc(on_heap ? data_ : nullptr, capacity);
    if (grown == nullptr) throw std::bad_alloc();
    if (!on_heap) std::memcpy(grown, inline_, size_);
    data_ = static_cast<std::byte*>(grown);
    capacity_ = capacity;
  }

  // Leaves `other` empty. Precondition: this owns no heap memory.
  void take(byte_buffer& other) noexcept {
    size_ = other.size_;
    if (other.data_ == other.inline_) {
      data_ = inline_;
      capacity_ = inline_capacity;
      std::memcpy(inline_, other.inline_, size_);
    } else {
      data_ = other.data_;
      capacity_ = other.capacity_;
      other.data_ = other.inline_;
      other.capacity_ = inline_capacity;
    }
    other.size_ = 0;
  }

  void release() noexcept {
    if (data_ != inline_) std::free(data_);
  }

  std::byte* data_ = inline_;
  std::size_t size_ = 0;
  std::size_t capacity_ = inline_capacity;
  alignas(std::max_align_t) std::byte inline_[inline_capacity];
};

}  // namespace cohort
