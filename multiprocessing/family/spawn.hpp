// Starting a program: what its process is to find, and the one call that makes it.
#pragma once

#include "runtime/descriptor.hpp"

#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace cohort::multiprocessing {

// The program and what its process is to find.
struct spawn_plan {
  // Takes over the signal mask of the calling thread: that is what the program is to start with,
  // whichever thread calls spawn().
  spawn_plan();

  std::string path;                    // of the program; see `search`
  std::vector<std::string> arguments;  // with the program's name
  // A path without a slash is looked for in the folders of PATH, the caller's own.
  bool search = false;
  // NAME=VALUE, complete; nothing: that of this process.
  std::optional<std::vector<std::string>> environment;
  std::string directory;  // empty: that of this process; a relative `path` is meant from there

  // `from`, a descriptor of this process, becomes `to` in the program. They may overlap in any way:
  // all of `from` mean this process's descriptors as they are before the first move.
  struct descriptor_move {
    int from;
    int to;
  };
  std::vector<descriptor_move> descriptors;
  // Descriptors above 2 that are in no move do not reach the program, whatever their flags say; 0
  // to 2 are this process's unless moved.
  bool close_others = true;

  // Sent to the program when the *thread* that calls spawn() ends, by whatever end; 0: none. So
  // where the program is to live as long as this process, spawn() is called by the steward.
  int death_signal = SIGKILL;
  bool own_group = false;  // a process group of its own
  sigset_t signal_mask;
};

struct spawned_process {
  pid_t pid = -1;
  runtime::unique_descriptor handle;  // a pidfd, close-on-exec: readable when the process has ended
};

// Makes the process and returns once the program runs in it. Whoever has the handle reaps it:
// waitid(P_PIDFD).
//
// Throws start_error where the program can't be started: no such file, not executable, no such
// directory; the message names the step and the file. resource_error where no process, descriptor
// or memory is left. Either way nothing is left behind, not even a zombie.
spawned_process spawn(const spawn_plan& plan);

}  // namespace cohort::multiprocessing
