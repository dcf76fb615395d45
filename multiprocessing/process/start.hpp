// The parent's half of a child's start.
#pragma once

#include <cohort/byte_buffer.hpp>

#include "multiprocessing/family/child.hpp"
#include "multiprocessing/family/participant.hpp"

#include <memory>
#include <string>

namespace cohort::multiprocessing {

struct child_plan {
  std::string name;
  std::string lineage;
  bool daemon = false;
  byte_buffer start;  // start_facts, then what a shipped_callable reads, and its arguments
};

// Executes this program afresh as a child of `me`. Throws start_error, resource_error.
std::shared_ptr<child> start_child(participant& me, const child_plan& plan);

// Of this process, as its parent's and children's reports name it.
std::string name_of(const participant& me);

}  // namespace cohort::multiprocessing
