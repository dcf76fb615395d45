// The children of a process that has ended, who have nobody to publish their ends.
#pragma once

#include "multiprocessing/family/region.hpp"
#include "runtime/descriptor.hpp"

#include <vector>

namespace cohort::multiprocessing {

struct orphan {
  participant_id id;
  runtime::unique_descriptor handle;  // a pidfd: when it is readable, the end is to be published
};

// Makes the processes whose parent was `dead` children of `heir` in the table, and publishes the
// ends of those that are gone already. They all die with their parent, by the kernel's hand; what
// is left is to tell. May be repeated by another heir, if one dies half way.
std::vector<orphan> take_orphans(const region& shared, participant_id dead, participant_id heir);

}  // namespace cohort::multiprocessing
