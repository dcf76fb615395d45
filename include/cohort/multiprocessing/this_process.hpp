// The process that runs: its name, its parent, its children, and what it does last.
#pragma once

#include <cohort/call.hpp>
#include <cohort/multiprocessing/process.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cohort {

// The parent of a process that was started as a cohort::process.
class parent_process {
 public:
  std::string name() const { return name_; }
  int pid() const { return pid_; }
  bool is_alive() const;
  // Waits for its end: true; or until the deadline has passed: false. A process survives its parent
  // only for as long as process::set_orphan_grace() says.
  bool join(call where = {}) const;
  // Readable once it has ended.
  int sentinel() const;

 private:
  friend struct process_access;
  parent_process(std::string name, int pid, int sentinel);

  std::string name_;
  int pid_;
  std::shared_ptr<const int> sentinel_;
};

// All throw usage_error where there is no environment.
namespace this_process {

// That of its process object; of a rank "main", or "rank 3" in a job of several.
std::string name();
bool daemon();
// Nothing in a rank.
std::optional<parent_process> parent();
// Handles of the processes that this one has started and that have not ended.
std::vector<process> active_children();
// Has this called when the process ends in good order: first of all, before its daemons are
// terminated and its children joined; in a rank, by the end of its environment. The last one comes
// first.
void at_exit(std::function<void()> finalizer);

}  // namespace this_process
}  // namespace cohort
