// How a pool of processes is to treat a task: its limits of time, and whether it may be repeated.
#pragma once

#include <chrono>

namespace cohort {

// Given by pool::with(). Zero: none.
struct task_options {
  // After this long, this_task::cancelled() is true in the task, which goes on.
  std::chrono::nanoseconds soft_limit{0};
  // After this long, the worker is killed and replaced, and the task fails with timeout_error. Of
  // the items of a chunk, each has the whole time.
  std::chrono::nanoseconds hard_limit{0};
  // The task is safe to repeat: where its worker dies, it is begun again, so many times at most.
  int retries = 0;
};

}  // namespace cohort
