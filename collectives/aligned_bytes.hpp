// Bytes on the heap, aligned for elements of any type and for vector instructions.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace cohort::collectives {

class aligned_bytes {
 public:
  static constexpr std::size_t alignment = 64;

  // Makes room for so many bytes, uninitialised; what was there before is lost.
  std::byte* allocate(std::size_t bytes) {
    memory_.reset(
        static_cast<std::byte*>(::operator new(bytes ? bytes : 1, std::align_val_t(alignment))));
    return memory_.get();
  }
  std::byte* data() const { return memory_.get(); }

 private:
  struct release {
    void operator()(std::byte* memory) const {
      ::operator delete(memory, std::align_val_t(alignment));
    }
  };
  std::unique_ptr<std::byte, release> memory_;
};

}  // namespace cohort::collectives
