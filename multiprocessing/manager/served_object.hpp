// An object that a manager's server keeps.
#pragma once

#include <cohort/detail/callable_thunk.hpp>

#include <utility>

namespace cohort::multiprocessing {

class served_object {
 public:
  // Throws what the arguments' decoding and the constructor throw; archive_error for the record of
  // a function.
  served_object(const detail::callable_thunk& maker, packed_iarchive& arguments)
      : maker_(&maker), object_(maker.make(arguments)) {}
  served_object(served_object&& other) noexcept
      : maker_(other.maker_), object_(std::exchange(other.object_, nullptr)) {}
  served_object& operator=(served_object&&) = delete;
  ~served_object() {
    if (object_) maker_->destroy(object_);
  }

  // Whether it is of the class that this function is for.
  bool has(const detail::callable_thunk& function) const {
    return function.destroy == maker_->destroy;
  }
  void invoke(const detail::callable_thunk& function, packed_iarchive& arguments,
              packed_oarchive& result) {
    function.invoke(object_, arguments, result);
  }

 private:
  const detail::callable_thunk* maker_;
  void* object_;
};

}  // namespace cohort::multiprocessing
