// The guard: a small process between the launcher and the ranks. It starts them, reports their
// ends, and ends everything that descends from them when the launcher says so or is no more.
//
// Being the ranks' parent and a subreaper, it is handed whatever they leave behind, in whatever
// group or session; being in a process group of its own, it survives a signal to the launcher's
// whole group. Should the guard be killed, its children pass to the launcher, a subreaper as well.
#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/spawn.hpp"

#include <sys/types.h>

#include <cstdint>

namespace cohort::launcher {

// What the guard writes to its launcher, each in one write.
struct guard_event {
  enum class kind : std::uint32_t { started, ended } what;
  std::uint32_t rank;
  std::int32_t pid;
  std::int32_t wait_status;
};

// The launcher's side.
struct guard {
  pid_t pid = -1;
  unique_descriptor events;    // guard_event after guard_event; its end is the guard's end
  unique_descriptor commands;  // one byte per `ended` event: it may be reaped; closed: end them all
  unique_descriptor failures;  // of start_failure
};

// Forks the guard, which starts the ranks. The launcher keeps the plan's descriptors until it lets
// go of the plan. Ranks are reaped only when the launcher has acknowledged their end, so that their
// pids stay theirs until their deaths are published. Throws resource_error.
guard start_guard(const start_plan& plan);

}  // namespace cohort::launcher
