// A file descriptor that closes itself.
#pragma once

#include <unistd.h>

#include <utility>

namespace cohort::runtime {

class unique_descriptor {
 public:
  unique_descriptor() = default;
  explicit unique_descriptor(int descriptor) : descriptor_(descriptor) {}
  unique_descriptor(unique_descriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  unique_descriptor& operator=(unique_descriptor&& other) noexcept {
    if (this != &other) {
      reset();
      descriptor_ = std::exchange(other.descriptor_, -1);
    }
    return *this;
  }
  ~unique_descriptor() { reset(); }

  int get() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }
  // Hands it to the caller, who closes it.
  int release() { return std::exchange(descriptor_, -1); }
  void reset() {
    // Linux frees the number whatever close() says, so there is nothing to do about an error.
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }

 private:
  int descriptor_ = -1;
};

}  // namespace cohort::runtime
