// Ending every process that descends from this one, which must be a subreaper.
#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

namespace cohort::launcher {

// The children of this process, zombies included.
std::vector<pid_t> children();

// Kills all descendants, whatever group or session they moved to, and reaps them: orphans become
// children of a subreaper, so killing children until there are none gets everybody. `reaped` is
// told of each child. Those that may not be killed (they run as another user by now) are left.
void end_descendants(const std::function<void(pid_t, int wait_status)>& reaped);

}  // namespace cohort::launcher
