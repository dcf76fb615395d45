// What a mutex is in shared memory, for it and for the conditions that release it.
#pragma once

#include "multiprocessing/sync/doubtful_lock.hpp"

namespace cohort::multiprocessing {

struct mutex_state {
  doubtful_lock lock;
};
static_assert(sizeof(mutex_state) <= inline_payload);

}  // namespace cohort::multiprocessing
