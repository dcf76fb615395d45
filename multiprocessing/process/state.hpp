// What a process object is made of.
#pragma once

#include <cohort/multiprocessing/process.hpp>

#include "multiprocessing/family/child.hpp"
#include "multiprocessing/family/participant.hpp"

#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace cohort::detail {

class process_state {
 public:
  std::unique_ptr<process_work> work;  // none: the class's run(), or nothing

  // Chosen, or drawn when they are first asked for.
  std::optional<std::string> name;
  std::string lineage;  // "1:2"
  std::optional<bool> daemon;
  std::chrono::nanoseconds orphan_grace{0};

  std::shared_ptr<multiprocessing::participant> parent;  // from start() on
  std::shared_ptr<multiprocessing::child> running;       // the same
  pid_t started_by = 0;
  bool closed = false;
  bool is_this_process = false;  // in the child: the object whose run() is called
};

}  // namespace cohort::detail
