// Finds what a job has left behind, dead or alive: whatever loses its parent becomes this process's
// child.
#pragma once

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>

namespace cohort::death_test {

// While this exists, orphans of jobs come here and not to the system's init.
class adopted_orphans {
 public:
  adopted_orphans() { EXPECT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0); }
  // What a failed test has left must not fail the next.
  ~adopted_orphans() {
    ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }
  adopted_orphans(const adopted_orphans&) = delete;
  adopted_orphans& operator=(const adopted_orphans&) = delete;
};

// After the end of a job: neither a process nor a zombie is left of it.
inline testing::AssertionResult nothing_left() {
  siginfo_t left{};
  const int found = ::waitid(P_ALL, 0, &left, WEXITED | WNOHANG | WNOWAIT);
  if (found != 0 && errno == ECHILD) return testing::AssertionSuccess();
  if (left.si_pid != 0) return testing::AssertionFailure() << "a zombie is left: " << left.si_pid;
  return testing::AssertionFailure() << "a process is left alive";
}

}  // namespace cohort::death_test
