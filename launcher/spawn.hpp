// Starting one rank: everything that a rank's process needs, prepared before the first fork, and
// the few steps between fork and exec.
#pragma once

#include "launcher/binding.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/options.hpp"

#include <signal.h>
#include <sys/resource.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cohort::launcher {

// What the launcher found when it was started and what ranks are to find again.
struct inherited_state {
  sigset_t signal_mask;
  struct sigaction pipe_action;  // of SIGPIPE, which the launcher ignores
  rlimit descriptors;
};
inherited_state read_inherited_state();

// Standard input, output and error of a rank; empty: the launcher's own.
struct standard_streams {
  unique_descriptor input;
  unique_descriptor output;
  unique_descriptor error;
};

// One rank's process to be.
struct rank_start {
  std::string path;                      // of the program
  std::vector<std::string> arguments;    // with the program's name as given
  std::vector<std::string> environment;  // NAME=VALUE, complete
  std::string directory;                 // empty: the launcher's
  placement where;
  standard_streams streams;
};

struct start_plan {
  std::vector<rank_start> ranks;
  inherited_state inherited;
  // Ranks get process groups of their own, so that whatever they start can be reached; but a single
  // rank on a terminal belongs to the launcher's, which the terminal's keys go to.
  bool own_groups = true;
  int arena = -1;    // the descriptors that a rank keeps
  int control = -1;  // (close-on-exec until then)
  // The memory that the kernel shows as the launcher's arguments, in which the guard renames
  // itself.
  std::span<char> command_line;
};

// The step at which a start failed.
enum class start_step : std::uint32_t { fork, directory, binding, streams, limits, exec };

// What a child that can't become the rank says in the report pipe: one write.
struct start_failure {
  std::uint32_t rank;
  start_step step;
  std::int32_t error_number;
};

// Forks the process of a rank. Returns its pid, or -1 with errno. A failure after the fork goes to
// `report` as a start_failure; the child then exits with 127.
pid_t start_rank(const start_plan& plan, std::uint32_t rank, int report);

}  // namespace cohort::launcher
