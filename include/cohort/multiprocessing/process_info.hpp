// What the system knows of a process: of this one, of a child, of any other.
#pragma once

#include <cohort/call.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cohort {

enum class process_activity {
  running,   // or ready to run
  sleeping,  // waits, and can be woken by a signal
  waiting,   // for a device: no signal reaches it
  stopped,   // by a signal, or by a debugger
  zombie,    // has ended and was not reaped
  other
};

// A picture of one moment.
//
//   const auto child = cohort::process_info::of(worker.pid());
//   std::cout << child.resident_bytes / 1024 << " KiB after " << child.processor_time().count();
struct process_info {
  int pid = 0;
  int parent_pid = 0;
  std::string name;  // of its program, 15 characters at most
  process_activity state = process_activity::other;
  std::chrono::system_clock::time_point created;  // to a hundredth of a second
  std::chrono::nanoseconds user_time{0};          // on processors, in its own code
  std::chrono::nanoseconds system_time{0};        // and in the kernel's
  std::uint64_t threads = 0;
  std::uint64_t resident_bytes = 0;  // in memory, what it shares with others included
  std::uint64_t virtual_bytes = 0;   // of address space
  std::vector<std::string> command_line;

  // Of processes that this one may look into, its own user's; nothing for others.
  std::optional<std::string> program;  // the path of its file
  std::optional<std::string> working_directory;
  // NAME → value, as the process was started: what it has changed since is not seen, but for this
  // process itself.
  std::optional<std::map<std::string, std::string>> environment;

  std::chrono::nanoseconds processor_time() const { return user_time + system_time; }

  // Throws argument_error where there is no such process, resource_error where /proc is missing.
  static process_info of(int pid, call where = {});
  static process_info of_this_process(call where = {});
};

}  // namespace cohort
