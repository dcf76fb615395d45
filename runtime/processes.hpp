// What the runtime tells the layer of processes, which stands above it. Declared here, defined
// there (multiprocessing/): the runtime knows no more of processes than this.
#pragma once

#include "runtime/arena.hpp"
#include "runtime/endpoint.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace cohort::runtime {

// A member's end has been published. Processes that ranks have started may wait for it.
void processes_hear_of_end(arena& memory, std::uint32_t member, int wait_status);

// What COHORT_JOB begins with in a process that a process of the job has started.
inline constexpr std::string_view child_variable = "child,";
// Makes this process what it was started for, runs it and ends the process: the constructor of the
// environment does not return.
[[noreturn]] void run_child(const std::string& variable);
// Whether this process is such a one: no rank, but a process with an environment.
bool is_child();

// The end of a rank's environment, before the rank leaves the job: winds down the processes that it
// has started. `thrown`: by an exception.
void end_processes(endpoint& home, bool thrown);

}  // namespace cohort::runtime
