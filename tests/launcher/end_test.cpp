// The end of the launcher, by whatever cause: nothing that it started is left.
#include "support/tool.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace cohort::test {
namespace {

using words = std::vector<std::string>;

// Ranks with children in their process group, in a group and in a session of their own.
const words with_grandchildren{
    "-n", "3", "sh", "-c",
    "sleep 1000 & setsid sleep 1000 & (trap '' TERM HUP INT; sleep 1000 & wait) & echo up; wait"};

void wait_until_up(tool_run& run, int ranks) {
  std::string all;
  for (int i = 0; i < ranks; ++i) all += "up\n";
  run.wait_for_output(all);
}

TEST(end, killed_launcher_leaves_nothing) {
  tool_run run(with_grandchildren);
  wait_until_up(run, 3);
  EXPECT_GE(run.processes().size(), 5U);
  run.signal(SIGKILL);
  EXPECT_EQ(run.finish().exit_code, 128 + SIGKILL);
  EXPECT_TRUE(run.everything_ended());
}

TEST(end, killed_process_group_leaves_nothing) {
  tool_run run(with_grandchildren);
  wait_until_up(run, 3);
  ASSERT_EQ(::kill(-run.pid(), SIGKILL), 0);
  EXPECT_EQ(run.finish().exit_code, 128 + SIGKILL);
  EXPECT_TRUE(run.everything_ended());
}

TEST(end, killed_guard_leaves_nothing) {
  tool_run run(with_grandchildren);
  wait_until_up(run, 3);
  pid_t guard = 0;
  for (const pid_t process : run.processes()) {
    if (read_file("/proc/" + std::to_string(process) + "/comm") == "cohort-guard\n")
      guard = process;
  }
  ASSERT_GT(guard, 0);
  ASSERT_EQ(::kill(guard, SIGKILL), 0);
  const outcome done = run.finish();
  EXPECT_EQ(done.exit_code, 128 + SIGKILL);
  EXPECT_NE(done.errors.find("was killed"), std::string::npos) << done.errors;
  EXPECT_TRUE(run.everything_ended());
}

TEST(end, killed_while_starting) {
  for (int round = 0; round < 20; ++round) {
    tool_run run({"-n", "8", "sh", "-c", "sleep 1000 & wait"});
    run.signal(SIGKILL);
    EXPECT_EQ(run.finish().exit_code, 128 + SIGKILL);
    EXPECT_TRUE(run.everything_ended());
  }
}

TEST(end, stragglers_of_a_normal_end_are_ended) {
  tool_run run({"-n", "2", "sh", "-c", "sleep 1000 & setsid sleep 1000 & echo up"});
  const outcome done = run.finish();
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.output, "up\nup\n");
  EXPECT_TRUE(run.everything_ended());
}

TEST(end, stragglers_of_a_failure_are_ended) {
  tool_run run({"-n", "2", "sh", "-c", "setsid sleep 1000 & exit 3"});
  EXPECT_EQ(run.finish().exit_code, 3);
  EXPECT_TRUE(run.everything_ended());
}

TEST(timeout, ends_the_job_with_124) {
  tool_run run(
      {"-n", "2", "--timeout", "0.3", "sh", "-c", "trap '' TERM; sleep 1000 & wait; wait"});
  const outcome done = run.finish();
  EXPECT_EQ(done.exit_code, 124);
  EXPECT_NE(done.errors.find("--timeout"), std::string::npos);
  EXPECT_TRUE(run.everything_ended());
}

TEST(timeout, does_not_matter_to_a_job_that_ends_before) {
  EXPECT_EQ(run_tool({"-n", "2", "--timeout", "3600", "true"}).exit_code, 0);
}

class passed_on : public testing::TestWithParam<int> {};

TEST_P(passed_on, reaches_every_rank) {
  const std::string number = std::to_string(GetParam());
  // A builtin waits, for the signal goes to the whole group of a rank: a child would die of it, and
  // a shell that is about to start one may miss it.
  tool_run::options with_input;
  with_input.open_input = true;
  tool_run run({"-n", "3", "--stdin", "all", "sh", "-c",
                "trap 'echo got " + number + "; exit 0' " + number + "; echo up; read line"},
               with_input);
  wait_until_up(run, 3);
  run.signal(GetParam());
  const std::string line = "got " + number + "\n";
  run.wait_for_output(line + line + line);
  EXPECT_EQ(run.finish().exit_code, 0);
  EXPECT_TRUE(run.everything_ended());
}

INSTANTIATE_TEST_SUITE_P(signals, passed_on,
                         testing::Values(SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2));

TEST(signal, ranks_that_die_of_it_give_the_exit_code) {
  for (const int signal : {SIGINT, SIGTERM}) {
    tool_run run({"-n", "2", "sh", "-c", "echo up; exec sleep 1000"});
    wait_until_up(run, 2);
    run.signal(signal);
    const outcome done = run.finish();
    EXPECT_EQ(done.exit_code, 128 + signal);
    EXPECT_EQ(done.errors, "");
    EXPECT_TRUE(run.everything_ended());
  }
}

TEST(signal, second_interrupt_kills) {
  tool_run run(
      {"-n", "2", "sh", "-c", "trap 'echo no' INT; echo up; while :; do sleep 1000 & wait; done"});
  wait_until_up(run, 2);
  run.signal(SIGINT);
  run.wait_for_output("no\n");
  run.signal(SIGINT);
  EXPECT_EQ(run.finish().exit_code, 128 + SIGINT);
  EXPECT_TRUE(run.everything_ended());
}

TEST(signal, ranks_that_ignore_it_are_killed_after_a_while) {
  tool_run run(
      {"-n", "2", "sh", "-c", "trap '' TERM; echo up; while :; do sleep 1000 & wait; done"});
  wait_until_up(run, 2);
  run.signal(SIGTERM);
  EXPECT_EQ(run.finish().exit_code, 128 + SIGTERM);
  EXPECT_TRUE(run.everything_ended());
}

// In /proc/<pid>/stat, T after the name means stopped.
bool is_stopped(pid_t process) {
  const std::string stat = read_file("/proc/" + std::to_string(process) + "/stat");
  const auto end = stat.rfind(')');
  return end != std::string::npos && stat.compare(end, 3, ") T") == 0;
}

TEST(signal, stop_and_continue_reach_the_ranks) {
  tool_run run({"-n", "2", "sh", "-c", "echo up; sleep 0.5; echo on"});
  wait_until_up(run, 2);
  run.signal(SIGTSTP);
  const auto limit = std::chrono::steady_clock::now() + watchdog;
  while (!is_stopped(run.pid()) && std::chrono::steady_clock::now() < limit) ::usleep(1000);
  EXPECT_TRUE(is_stopped(run.pid()));
  run.signal(SIGCONT);
  run.wait_for_output("on\non\n");
  EXPECT_EQ(run.finish().exit_code, 0);
}

TEST(signal, ignored_ones_stay_ignored) {
  // As under nohup.
  tool_run run({"-n", "1", "sh", "-c",
                "trap '' HUP; " + tool_folder() +
                    "/cohortrun -n 2 sh -c 'kill -HUP $$; kill -HUP $PPID; echo alive'"});
  const outcome done = run.finish();
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_EQ(done.output, "alive\nalive\n");
}

}  // namespace
}  // namespace cohort::test
