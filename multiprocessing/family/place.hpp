// Places in the table of participants for processes that are about to be started.
#pragma once

#include "multiprocessing/family/participant.hpp"

namespace cohort::multiprocessing {

// A place for a child of `me`, in the state `starting`. It is given up by publish_end(), as that of
// a process that has ended. Throws resource_error where all are taken.
participant_id keep_place(participant& me);

}  // namespace cohort::multiprocessing
