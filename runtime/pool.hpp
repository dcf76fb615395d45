// A free list of objects of one type, so that requests and messages cost no allocation in the
// steady state.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace cohort::runtime {

template <class T>
class pool {
 public:
  // A default-constructed object.
  T* take() {
    if (count_ == 0) [[unlikely]]
      grow();
    return free_[--count_];
  }
  // Gives it back; what it owns is released now. The list has room for every object there is, so
  // this neither allocates nor throws.
  void give(T* object) noexcept {
    object->reset();
    free_[count_++] = object;
  }

 private:
  // Called with an empty list. Changes nothing if it throws.
  [[gnu::noinline]] void grow() {
    constexpr std::size_t batch = 32;
    auto block = std::make_unique<T[]>(batch);
    auto list = std::make_unique<T*[]>((blocks_.size() + 1) * batch);
    blocks_.push_back(std::move(block));
    free_ = std::move(list);
    for (std::size_t i = 0; i < batch; ++i) free_[count_++] = &blocks_.back()[i];
  }

  std::vector<std::unique_ptr<T[]>> blocks_;
  std::unique_ptr<T*[]> free_;
  std::size_t count_ = 0;
};

}  // namespace cohort::runtime
