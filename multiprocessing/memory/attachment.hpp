// This process's hold on one object: what all its handles of the object share.
#pragma once

#include <cohort/call.hpp>

#include "multiprocessing/memory/object_table.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace cohort::multiprocessing {

class attachment {
 public:
  attachment(std::shared_ptr<participant> owner, object_name which)
      : owner_(std::move(owner)), name_(which), payload_(object_payload(*owner_, which)) {}
  ~attachment();
  attachment(const attachment&) = delete;
  attachment& operator=(const attachment&) = delete;

  participant& owner() const { return *owner_; }
  const std::shared_ptr<participant>& shared_owner() const { return owner_; }
  object_name name() const { return name_; }
  std::byte* payload() const { return payload_; }
  std::uint64_t bytes() const { return object_bytes(*owner_, name_); }
  template <class T>
  T& payload_as() const {
    return *reinterpret_cast<T*>(payload_);
  }
  // What this process keeps with the object, of whatever class its handles need; set once, under
  // the owner's attachments_mutex(). It ends after the object was let go of.
  std::shared_ptr<void>& companion() { return companion_; }

 private:
  std::shared_ptr<participant> owner_;
  object_name name_;
  std::byte* payload_;
  std::shared_ptr<void> companion_;
};
using object_ref = std::shared_ptr<attachment>;

// A new object of `bytes` zeroed bytes, for the participant that the calling thread acts for.
// Throws usage_error without an environment, resource_error.
object_ref make_object(std::uint32_t kind, std::uint64_t bytes, const char* operation,
                       const call& where);
// The bytes of a handle on its way, for a packed archive.
object_name send(const attachment& object);
// What such bytes stand for here. Throws archive_error where they are no object of this kind, or
// one that nobody held any more when they came.
object_ref receive(object_name which, std::uint32_t kind, const char* class_name);

}  // namespace cohort::multiprocessing
