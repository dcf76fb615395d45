// The base of all handles of what processes share: locks, queues, arrays.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace cohort::multiprocessing {
class attachment;
}

namespace cohort::detail {

// A handle in bytes.
struct handle_bytes {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
};
// Counts the handle as under way, so that the object lives until it has come.
handle_bytes handle_out(const multiprocessing::attachment& object);
// Throws archive_error where the bytes are no handle of a live object of this kind.
std::shared_ptr<multiprocessing::attachment> handle_in(handle_bytes bytes, std::uint32_t kind,
                                                       const char* class_name);

// A copy of a handle means the same object, which lives as long as a process of the job has a
// handle of it, or one is under way. Handles can be arguments of processes and tasks, items of
// queues and parts of messages. Derived classes have
//   static constexpr const char* class_name = "mutex";
//   static constexpr std::uint32_t kind = …;   // of their objects, name_hash(class_name)
template <class Derived>
class shared_handle {
 public:
  // Whether both mean the same object.
  friend bool operator==(const Derived& a, const Derived& b) { return a.object_ == b.object_; }

  // Boost.Serialization's function, for the packed archives: a handle means something only in this
  // job, while it runs.
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    if constexpr (Archive::is_saving::value) {
      const handle_bytes bytes = handle_out(*object_);
      archive& bytes.index& bytes.generation;
    } else {
      handle_bytes bytes;
      archive& bytes.index& bytes.generation;
      object_ = handle_in(bytes, Derived::kind, Derived::class_name);
    }
  }

 protected:
  explicit shared_handle(std::shared_ptr<multiprocessing::attachment> object) noexcept
      : object_(std::move(object)) {}
  // To move is to copy: no handle is ever left without its object.
  shared_handle(const shared_handle&) = default;
  shared_handle& operator=(const shared_handle&) = default;
  ~shared_handle() = default;

  std::shared_ptr<multiprocessing::attachment> object_;
};

}  // namespace cohort::detail
