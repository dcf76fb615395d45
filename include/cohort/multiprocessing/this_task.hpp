// The task that the calling thread executes for a pool of processes.
#pragma once

namespace cohort::this_task {

// The task has run for longer than its soft limit (task_options), and should give up: throw, or
// return what it has. False where there is no limit, and outside of tasks.
//   while (!cohort::this_task::cancelled()) improve(solution);
bool cancelled() noexcept;

}  // namespace cohort::this_task
