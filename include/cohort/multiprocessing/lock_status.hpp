// How an attempt to get a lock ended, for those who ask for no exception.
#pragma once

namespace cohort {

enum class [[nodiscard]] lock_status {
  not_acquired,  // another has it: an attempt without a wait, or the deadline has passed
  acquired,
  owner_died,  // acquired, and a process died that had it: what it guards may be half changed
};

}  // namespace cohort
