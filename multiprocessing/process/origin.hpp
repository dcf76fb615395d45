// Where a process that was started as a child comes from.
#pragma once

#include "runtime/descriptor.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace cohort::multiprocessing {

// What a parent writes into the memory that its child reads first, before the callable.
struct start_facts {
  std::string parent_name;
  std::int32_t parent_pid = 0;
  std::int64_t orphan_grace = 0;  // nanoseconds

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& parent_name& parent_pid& orphan_grace;
  }
};

// What a child knows of its start. Written once, before any code of the user's runs in it.
struct origin {
  start_facts facts;
  pid_t process = 0;  // this one: a fork()ed child of it is another
  // A pidfd of the parent; none if that was gone before it could be made.
  runtime::unique_descriptor parent;
};
// Nothing in a rank.
std::optional<origin>& this_origin();

}  // namespace cohort::multiprocessing
