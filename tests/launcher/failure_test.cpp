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

TEST(exit_code, is_that_of_the_rank_that_failed) {
  EXPECT_EQ(run_tool({"-n", "1", "sh", "-c", "exit 7"}).exit_code, 7);
  EXPECT_EQ(run_tool({"-n", "1", "sleep", "1000", ":", "-n", "1", "sh", "-c", "exit 7"}).exit_code,
            7);
  EXPECT_EQ(run_tool({"-n", "2", member_program(), "1/end=9", "0/wait"}).exit_code, 9);
}

TEST(exit_code, signal_counts_from_128) {
  for (const int signal : {SIGKILL, SIGUSR1, SIGABRT}) {
    const outcome done =
        run_tool({"-n", "2", member_program(), "1/signal=" + number(signal), "0/wait"});
    EXPECT_EQ(done.exit_code, 128 + signal);
  }
}

TEST(exit_code, crashes_count_from_128) {
  // A shell, since sanitizers turn the crash of an instrumented program into an exit code.
  const outcome done = run_tool({"-n", "2", "sh", "-c", "kill -SEGV $$"});
  EXPECT_EQ(done.exit_code, 128 + SIGSEGV);
  EXPECT_TRUE(has(done.errors, "died of SIGSEGV (Segmentation fault)"));
}

TEST(exit_code, exit_without_finalizing_is_one) {
  const outcome done = run_tool({"-n", "2", member_program(), "1/exit=0", "0/wait"});
  EXPECT_EQ(done.exit_code, 1);
  EXPECT_TRUE(has(done.errors, "without finalizing"));
  EXPECT_EQ(run_tool({"-n", "2", member_program(), "1/exit=5", "0/wait"}).exit_code, 5);
}

TEST(exit_code, programs_that_never_join_fail_by_their_code_only) {
  EXPECT_EQ(run_tool({"-n", "2", "true", ":", "-n", "1", member_program(), "say=x"}).exit_code, 0);
}

TEST(account, says_who_failed_and_what_the_others_waited_for) {
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

TEST(account, says_what_the_failed_rank_was_doing) {
  tool_run run(
      {"-n", "2", member_program(), "0/recv=1", "1/await-wait=0", "1/say-pid=0", "1/wait"});
  run.wait_for_output("\n");
  ASSERT_EQ(::kill(std::stoi(run.output()), SIGKILL), 0);
  const outcome done = run.finish();
  EXPECT_TRUE(has(done.errors, "rank 0 (host "));
  EXPECT_TRUE(has(done.errors, "died of SIGKILL (Killed) while it was in recv(rank 1, tag 7)"));
}

TEST(account, has_the_exception_that_ended_the_rank) {
  const outcome done = run_tool({"-n", "2", member_program(), "1/throw=out of cheese", "0/wait"});
  EXPECT_EQ(done.exit_code, 128 + SIGABRT);
  EXPECT_TRUE(has(done.errors, "last words: out of cheese"));
}

// As of a wrong argument: all ranks come upon it, and the first to end must not cut the others off.
TEST(account, is_one_and_comes_after_the_words_of_all_ranks_that_fail_alike) {
  const outcome done = run_tool({"-n", "4", "sh", "-c", "echo my end >&2; exit 3"});
  EXPECT_EQ(done.exit_code, 3);
  const auto lines = lines_of(done.errors);
  ASSERT_EQ(lines.size(), 7U) << done.errors;
  for (std::size_t rank = 0; rank < 4; ++rank) EXPECT_EQ(lines[rank], "my end");
  EXPECT_TRUE(has(lines[4], "cohortrun: rank "));
  EXPECT_TRUE(has(lines[5], ": exited with code 3"));
  EXPECT_EQ(lines[6], "cohortrun: the job is ended with exit code 3");
}

TEST(account, tells_an_orderly_end_from_an_error) {
  const outcome done = run_tool({"-n", "2", member_program(), "1/end=2", "0/wait"});
  EXPECT_EQ(done.exit_code, 2);
  EXPECT_TRUE(has(done.errors, "exited with code 2 after it had left the job in good order"));
}

TEST(account, is_kept_quiet_on_request) {
  const outcome done = run_tool({"-n", "2", "--quiet", "sh", "-c", "exit 3"});
  EXPECT_EQ(done.exit_code, 3);
  EXPECT_EQ(done.errors, "");
}

TEST(failure, ends_ranks_that_ignore_termination) {
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

TEST(failure, others_go_on_where_asked) {
  const outcome done = run_tool({"-n", "3", "--on-failure=continue", member_program(),
                                 "1/signal=" + number(SIGKILL), "catch-failure=1", "say=alive"});
  EXPECT_EQ(done.exit_code, 128 + SIGKILL);
  auto lines = lines_of(done.output);
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (words{"alive", "alive", "rank_failed 1", "rank_failed 1"}));
  EXPECT_EQ(lines_of(done.errors).size(), 1U) << done.errors;
  EXPECT_TRUE(has(done.errors, "died of SIGKILL (Killed); the others go on"));
}

TEST(failure, each_is_told_where_others_go_on) {
  const outcome done =
      run_tool({"--on-failure=continue", "-n", "1", "sh", "-c", "exit 3", ":", "-n", "2",
                member_program(), "catch-failure=0", "1/end=4", "2/recv=1", "2/say=not reached"});
  EXPECT_EQ(done.exit_code, 3);
  EXPECT_TRUE(has(done.errors, "exited with code 3; the others go on"));
  EXPECT_TRUE(has(done.errors, "exited with code 4 after it had left the job in good order"));
  EXPECT_TRUE(
      has(done.errors, "died of SIGABRT (Aborted); last words: recv: rank 1 has finalized"));
  EXPECT_EQ(done.errors.find("the job is ended"), std::string::npos) << done.errors;
}

TEST(failure, is_published_for_programs_that_never_joined) {
  const outcome done = run_tool({"--on-failure=continue", "-n", "1", member_program(),
                                 "catch-failure=1", ":", "-n", "1", "true"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.output, "rank_failed 1\n");
}

TEST(failure, program_behind_a_wrapper_is_watched_too) {
  // The shell outlives the rank in it; rank 0 learns of the death all the same.
  tool_run run({"--on-failure=continue", "-n", "1", member_program(), "catch-failure=1", ":", "-n",
                "1", "sh", "-c", member_program() + " signal=9; exec sleep 1000"});
  run.wait_for_output("rank_failed 1\n");
  run.wait_for_errors("lives on");
  run.signal(SIGTERM);
  EXPECT_EQ(run.finish().exit_code, 1);
  EXPECT_TRUE(run.everything_ended());
}

TEST(failure, wrapper_reports_the_end_of_its_program) {
  const outcome done =
      run_tool({"-n", "2", "sh", "-c", member_program() + " 1/exit=6 0/wait; exit $?"});
  EXPECT_EQ(done.exit_code, 6) << done.errors;
}

}  // namespace
}  // namespace cohort::test
