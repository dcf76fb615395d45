// The traits of the mutexes that conditions release.
#pragma once

#include "multiprocessing/sync/lock_outcome.hpp"

namespace cohort::multiprocessing {

extern const lock_traits mutex_traits;
extern const lock_traits recursive_mutex_traits;

}  // namespace cohort::multiprocessing
