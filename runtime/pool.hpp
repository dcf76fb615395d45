// A free list of objects of one type, so that requests and messages cost no allocation in the
// steady state.
#pragma once

#include <memory>
#include <vector>

namespace cohort::runtime {

template <class T>
class pool {
 public:
  // A default-constructed object.
  T* take() {
    if (free_.empty()) grow();
    T* object = free_.back();
    free_.pop_back();
    return object;
  }
  // Gives it back; what it owns is released now. The list has room for every object there is, so
  // this neither allocates nor throws.
  void give(T* object) noexcept {
    object->reset();
    free_.push_back(object);
  }

 private:
  void grow() {
    constexpr std::size_t batch = 32;
    blocks_.push_back(std::make_unique<T[]>(batch));
    free_.reserve(blocks_.size() * batch);
    for (std::size_t i = 0; i < batch; ++i) free_.push_back(&blocks_.back()[i]);
  }

  std::vector<std::unique_ptr<T[]>> blocks_;
  std::vector<T*> free_;
};

}  // namespace cohort::runtime
