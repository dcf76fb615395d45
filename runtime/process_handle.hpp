// A process that can't be mistaken for another: a pidfd, which stays that process's when its number
// has become another's.
#pragma once

#include <cstdint>
#include <utility>

namespace cohort::runtime {

class process_handle {
 public:
  process_handle() = default;
  // The process that has this number now; attached() is false where the kernel gives no handle.
  explicit process_handle(std::int32_t pid) noexcept;
  process_handle(process_handle&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  process_handle& operator=(process_handle&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~process_handle();

  bool attached() const { return descriptor_ >= 0; }
  // Whether it has not ended yet: until then its number is its own.
  bool alive() const noexcept;

 private:
  int descriptor_ = -1;
};

}  // namespace cohort::runtime
