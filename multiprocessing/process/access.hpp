// What makes handles of processes that were started elsewhere in the program.
#pragma once

#include <cohort/multiprocessing/process.hpp>
#include <cohort/multiprocessing/this_process.hpp>

#include "multiprocessing/family/child.hpp"
#include "multiprocessing/family/participant.hpp"

#include <memory>
#include <vector>

namespace cohort {

struct process_access {
  static std::vector<process> living(const std::shared_ptr<multiprocessing::participant>& me);
  static parent_process parent();
  // Of a process that this one has started.
  static const multiprocessing::child& running(const process& started);
};

}  // namespace cohort
