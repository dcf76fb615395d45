// Failures of ranks: exit codes, the account, going on without the dead.
#include "launcher/member_program.hpp"
#include "support/tool.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

namespace cohort::test {
namespace {

using words = std::vector<std::string>;

std::string number(int n) {
  return std::to_string(n);
}

TEST(ExitCode, IsThatOfTheRankThatFailed) {
  EXPECT_EQ(run_tool({"-n", "1", "sh", "-c", "exit 7"}).exit_code, 7);
  EXPECT_EQ(run_tool({"-n", "1", "sleep", "1000", ":", "-n", "1", "sh", "-c", "exit 7"}).exit_code,
            7);
  EXPECT_EQ(run_tool({"-n", "2", member_program(), "1/end=9", "0/wait"}).exit_code, 9);
}

TEST(ExitCode, SignalCountsFrom128) {
  for (const int signal : {SIGKILL, SIGUSR1, SIGABRT}) {
    const outcome done =
        run_tool({"-n", "2", member_program(), "1/signal=" + number(signal), "0/wait"});
    EXPECT_EQ(done.exit_code, 128 + signal);
  }
}

TEST(ExitCode, CrashesCountFrom128) {
  // A shell, since sanitizers turn the crash of an instrumented program into an exit code.
  const outcome done = run_tool({"-n", "2", "sh", "-c", "kill -SEGV $$"});
  EXPECT_EQ(done.exit_code, 128 + SIGSEGV);
  EXPECT_TRUE(has(done.errors, "died of SIGSEGV (Segmentation fault)"));
}

TEST(ExitCode, ExitWithoutFinalizingIsOne) {
  const outcome done = run_tool({"-n", "2", member_program(), "1/exit=0", "0/wait"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_TRUE(has(done.errors, "without finalizing"));
  EXPECT_EQ(run_tool({"-n", "2", member_program(), "1/exit=5", "0/wait"}).exit_code, 5);
}

TEST(ExitCode, ProgramsThatNeverJoinFailByTheirCodeOnly) {
  EXPECT_EQ(run_tool({"-n", "2", "true", ":", "-n", "1", member_program(), "say=x"}).exit_code, 0);
}

TEST(Account, SaysWhoFailedAndWhatTheOthersWaitedFor) {
  const outcome done =
      run_tool({"-n", "4", member_program(), "0/recv=1", "2/recv=1", "3/wait", "1/await-wait=0",
                "1/await-wait=2", "1/signal=" + number(SIGKILL)});
  EXPECT_EQ(done.exit_code, 128 + SIGKILL);
  EXPECT_TRUE(has(done.errors, "cohortrun: rank 1 (host "));
  EXPECT_TRUE(has(done.errors, ", pid "));
  EXPECT_TRUE(has(done.errors, "died of SIGKILL"));
  EXPECT_TRUE(has(done.errors, "ranks 0,2: in recv(rank 1, tag 7) at "));
  EXPECT_TRUE(has(done.errors, "member_program.cpp:"));
  EXPECT_TRUE(has(done.errors, "exit code 137"));
}

TEST(Account, SaysWhatTheFailedRankWasDoing) {
  tool_run run(
      {"-n", "2", member_program(), "0/recv=1", "1/await-wait=0", "1/say-pid=0", "1/wait"});
  run.wait_for_output("\n");
  ASSERT_EQ(::kill(std::stoi(run.output()), SIGKILL), 0);
  const outcome done = run.finish();
  EXPECT_TRUE(has(done.errors, "rank 0 (host "));
  EXPECT_TRUE(has(done.errors, "died of SIGKILL (Killed) while it was in recv(rank 1, tag 7)"));
}

TEST(Account, HasTheExceptionThatEndedTheRank) {
  const outcome done = run_tool({"-n", "2", member_program(), "1/throw=out of cheese", "0/wait"});
  EXPECT_EQ(done.exit_code, 128 + SIGABRT);
  EXPECT_TRUE(has(done.errors, "last words: out of cheese"));
}

TEST(Account, IsOnlyOneAndComesAfterTheRanksLastWords) {
  const outcome done = run_tool({"-n", "8", "sh", "-c", "echo my end >&2; exit 3"});
  EXPECT_EQ(done.exit_code, 3);
  int accounts = 0;
  for (const std::string& line : lines_of(done.errors))
    accounts += line.rfind("cohortrun:", 0) == 0;
  EXPECT_EQ(accounts, 1) << done.errors;
  EXPECT_LT(done.errors.find("my end"), done.errors.find("cohortrun:"));
}

TEST(Account, IsKeptQuietOnRequest) {
  const outcome done = run_tool({"-n", "2", "--quiet", "sh", "-c", "exit 3"});
  EXPECT_EQ(done.exit_code, 3);
  EXPECT_EQ(done.errors, "");
}

TEST(Failure, EndsRanksThatIgnoreTermination) {
  tool_run::options with_input;
  with_input.open_input = true;
  tool_run run(
      {"--stdin", "1", "-n", "1", "sh", "-c", "trap '' TERM; echo up; while :; do sleep 1000; done",
       ":", "-n", "1", "sh", "-c", "read go; exit 4"},
      with_input);
  run.wait_for_output("up\n");
  run.send_input("go\n");
  EXPECT_EQ(run.finish().exit_code, 4);
  EXPECT_TRUE(run.everything_ended());
}

TEST(Failure, OthersGoOnWhereAsked) {
  const outcome done = run_tool({"-n", "3", "--on-failure=continue", member_program(),
                                 "1/signal=" + number(SIGKILL), "catch-failure=1", "say=alive"});
  EXPECT_EQ(done.exit_code, 128 + SIGKILL);
  auto lines = lines_of(done.output);
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (words{"alive", "alive", "rank_failed 1", "rank_failed 1"}));
  EXPECT_EQ(lines_of(done.errors).size(), 1U) << done.errors;
}

TEST(Failure, IsPublishedForProgramsThatNeverJoined) {
  const outcome done = run_tool({"--on-failure=continue", "-n", "1", member_program(),
                                 "catch-failure=1", ":", "-n", "1", "true"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.output, "rank_failed 1\n");
}

TEST(Failure, ProgramBehindAWrapperIsWatchedToo) {
  // The shell outlives the rank in it; rank 0 learns of the death all the same.
  tool_run run({"--on-failure=continue", "-n", "1", member_program(), "catch-failure=1", ":", "-n",
                "1", "sh", "-c", member_program() + " signal=9; exec sleep 1000"});
  run.wait_for_output("rank_failed 1\n");
  run.wait_for_errors("lives on");
  run.signal(SIGTERM);
  EXPECT_EQ(run.finish().exit_code, 1);
  EXPECT_TRUE(run.everything_ended());
}

TEST(Failure, WrapperReportsTheEndOfItsProgram) {
  const outcome done =
      run_tool({"-n", "2", "sh", "-c", member_program() + " 1/exit=6 0/wait; exit $?"});
  EXPECT_EQ(done.exit_code, 6) << done.errors;
}

}  // namespace
}  // namespace cohort::test
