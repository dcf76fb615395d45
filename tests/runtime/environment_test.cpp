// The environment, each case in a process of its own: joining, refusing, leaving, and what a
// process is that a rank starts or forks.
#include "runtime/job.hpp"
#include "runtime/time_limit.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>
#include <vector>

extern char** environ;  // POSIX: declared by no header

namespace cohort::runtime {
namespace {

struct ending {
  std::string output;
  int status = -1;  // waitpid's
  bool exited_with(int code) const { return WIFEXITED(status) && WEXITSTATUS(status) == code; }
  bool says(const std::string& text) const { return output.find(text) != std::string::npos; }
};

class environment_process : public testing::Test {
 protected:
  // Runs one case of environment_program. `inherited` descriptors stay open in it.
  ending run(const std::string& test_case, const std::vector<std::string>& variables = {},
             const std::vector<int>& inherited = {}) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    // dup2() onto itself clears close-on-exec.
    for (const int d : inherited) posix_spawn_file_actions_adddup2(&actions, d, d);
    std::vector<std::string> environment;
    for (char** entry = environ; *entry; ++entry) {
      if (std::string(*entry).rfind("COHORT_", 0) != 0) environment.emplace_back(*entry);
    }
    environment.insert(environment.end(), variables.begin(), variables.end());
    std::vector<char*> pointers;
    for (std::string& e : environment) pointers.push_back(e.data());
    pointers.push_back(nullptr);
    std::string program = COHORT_TEST_ENVIRONMENT_PROGRAM, argument = test_case;
    std::array<char*, 3> arguments{program.data(), argument.data(), nullptr};
    pid_t pid = -1;
    EXPECT_EQ(
        ::posix_spawn(&pid, program.c_str(), &actions, nullptr, arguments.data(), pointers.data()),
        0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    ending result;
    std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t got = ::read(ends[0], buffer.data(), buffer.size());
      if (got > 0)
        result.output.append(buffer.data(), static_cast<std::size_t>(got));
      else if (got == 0 || errno != EINTR)
        break;
    }
    ::close(ends[0]);
    EXPECT_EQ(::waitpid(pid, &result.status, 0), pid);
    return result;
  }
  // The same as rank `rank` of `of`.
  ending run_as_rank(const job& of, std::uint32_t rank, const std::string& test_case) {
    return run(test_case, {"COHORT_JOB=" + of.start_variable(rank, of.descriptor(), -1)},
               {of.descriptor()});
  }

  static job job_of(std::uint32_t ranks) {
    return job::create({.ranks = ranks, .host = "here", .processors = 1});
  }

  test::time_limit limit_;
};

TEST_F(environment_process, bare_is_rank_0_of_1) {
  const ending e = run("bare");
  EXPECT_TRUE(e.exited_with(0)) << e.output;
  EXPECT_TRUE(e.says("rank 0 of 1\nreceived 42\n")) << e.output;
}

TEST_F(environment_process, has_one_environment) {
  const ending e = run("second");
  EXPECT_TRUE(e.exited_with(0)) << e.output;
  EXPECT_TRUE(e.says("usage_error")) << e.output;
  EXPECT_TRUE(e.says("still rank 0")) << e.output;
}

// And never silently becomes rank 0 of a job of its own.
TEST_F(environment_process, joins_once) {
  const job of = job_of(3);
  for (const ending& e :
       {run("second_after_the_end"), run_as_rank(of, 2, "second_after_the_end")}) {
    EXPECT_TRUE(e.exited_with(0)) << e.output;
    EXPECT_TRUE(e.says("usage_error")) << e.output;
    EXPECT_TRUE(e.says("joins a job once")) << e.output;
  }
}

TEST_F(environment_process, that_failed_to_join_is_still_the_same_rank) {
  const job of = job_of(3);
  const ending e = run_as_rank(of, 2, "again_after_a_wrong_setting");
  EXPECT_TRUE(e.says("setting_error")) << e.output;
  EXPECT_TRUE(e.says("rank 2 of 3\n")) << e.output;
}

TEST_F(environment_process, needs_an_environment) {
  const ending e = run("no_environment");
  EXPECT_TRUE(e.says("usage_error")) << e.output;
  EXPECT_TRUE(e.says("cohort::environment env(argc, argv)")) << e.output;
  EXPECT_TRUE(e.says("environment_program.cpp:")) << e.output;
}

TEST_F(environment_process, refuses_calls_after_the_end) {
  const ending e = run("after_the_end");
  EXPECT_TRUE(e.exited_with(0)) << e.output;
  EXPECT_TRUE(e.says("1 0\n0 1\n")) << e.output;
  EXPECT_FALSE(e.says("no error")) << e.output;
  EXPECT_FALSE(e.says("another exception")) << e.output;
  EXPECT_TRUE(e.says("the environment has ended")) << e.output;
}

TEST_F(environment_process, a_forked_child_is_no_member) {
  const ending e = run("forked_child");
  EXPECT_TRUE(e.exited_with(0)) << e.output;
  EXPECT_TRUE(e.says("fork()ed child")) << e.output;
  EXPECT_FALSE(e.says("no error")) << e.output;
  EXPECT_FALSE(e.says("another exception")) << e.output;
  EXPECT_TRUE(e.says("child: 0\n")) << e.output;
  EXPECT_TRUE(e.says("parent received 7\n")) << e.output;
}

TEST_F(environment_process, a_forked_child_may_return_from_main) {
  const job of = job_of(1);
  const ending e = run_as_rank(of, 0, "forked_child_that_returns");
  EXPECT_TRUE(e.exited_with(0)) << e.output;
  EXPECT_TRUE(e.says("survived x\n")) << e.output;
  EXPECT_TRUE(e.says("child: 0\nrank 0\n")) << e.output;
  EXPECT_EQ(of.state(0), member_state::finalized);
}

TEST_F(environment_process, what_a_rank_starts_is_no_member) {
  const job of = job_of(2);
  const ending e = run_as_rank(of, 1, "subprocess");
  EXPECT_TRUE(e.exited_with(0)) << e.output;
  EXPECT_TRUE(e.says("close on exec: 1\n")) << e.output;
  EXPECT_FALSE(e.says("close on exec: 0\n")) << e.output;
  EXPECT_TRUE(e.says("descriptors: 1\n")) << e.output;
  EXPECT_TRUE(e.says("COHORT_JOB: taken\n")) << e.output;
}

TEST_F(environment_process, joins_as_the_rank_that_it_was_started_as) {
  const job of = job_of(3);
  const ending e = run_as_rank(of, 2, "join");
  EXPECT_TRUE(e.says("rank 2 of 3\n")) << e.output;
  EXPECT_EQ(of.state(2), member_state::finalized);
  EXPECT_EQ(of.state(0), member_state::vacant);
}

TEST_F(environment_process, says_that_it_has_joined) {
  const job of = job_of(2);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  const ending e = run("join", {"COHORT_JOB=" + of.start_variable(1, of.descriptor(), ends[1])},
                       {of.descriptor(), ends[1]});
  EXPECT_TRUE(e.says("rank 1 of 2")) << e.output;
  joined_message message{};
  ASSERT_EQ(::read(ends[0], &message, sizeof message), static_cast<ssize_t>(sizeof message));
  EXPECT_EQ(message.rank, 1u);
  EXPECT_EQ(message.pid, of.pid(1));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(environment_process, two_processes_are_not_the_same_rank) {
  const job of = job_of(1);
  EXPECT_TRUE(run_as_rank(of, 0, "join").says("rank 0 of 1"));
  const ending again = run_as_rank(of, 0, "join");
  EXPECT_TRUE(again.says("start_error")) << again.output;
  EXPECT_TRUE(again.says("has already run")) << again.output;
}

TEST_F(environment_process, refuses_a_start_variable_that_makes_no_sense) {
  const job of = job_of(2);
  const std::string arena = std::to_string(of.descriptor());
  for (const std::string& value :
       {std::string(), std::string("0"), std::string("0,"), "0," + arena, "0," + arena + ",",
        "," + arena + ",-1", "-1," + arena + ",-1", "0;" + arena + ";-1", "0," + arena + ",-1,",
        "0," + arena + ",-1 ", " 0," + arena + ",-1", "0x0," + arena + ",-1",
        "4294967296," + arena + ",-1", std::string("one,two,three")}) {
    const ending e = run("join", {"COHORT_JOB=" + value}, {of.descriptor()});
    EXPECT_TRUE(e.says("start_error")) << value << ": " << e.output;
    EXPECT_TRUE(e.says("was not made by cohortrun")) << value << ": " << e.output;
  }
  EXPECT_EQ(of.state(0), member_state::vacant);
}

TEST_F(environment_process, refuses_a_rank_or_an_arena_that_is_not_there) {
  const job of = job_of(2);
  const std::string arena = std::to_string(of.descriptor());
  const ending rank = run("join", {"COHORT_JOB=2," + arena + ",-1"}, {of.descriptor()});
  EXPECT_TRUE(rank.says("start_error")) << rank.output;
  EXPECT_TRUE(rank.says("rank 2 of a job of 2")) << rank.output;
  for (const char* descriptor : {"0", "-1", "99999"}) {
    const ending none = run("join", {std::string("COHORT_JOB=0,") + descriptor + ",-1"});
    EXPECT_TRUE(none.says("start_error")) << none.output;
    EXPECT_TRUE(none.says("is not a job's shared memory")) << none.output;
  }
}

TEST_F(environment_process, refuses_an_unknown_setting) {
  const ending e = run("join", {"COHORT_EAGER_LIMTI=1"});
  EXPECT_TRUE(e.says("setting_error")) << e.output;
  EXPECT_TRUE(e.says("COHORT_EAGER_LIMIT?")) << e.output;
  const ending value = run("join", {"COHORT_WAIT=soon"});
  EXPECT_TRUE(value.says("setting_error")) << value.output;
  EXPECT_TRUE(value.says("COHORT_WAIT=soon")) << value.output;
}

TEST_F(environment_process, the_last_words_of_an_exception_are_kept) {
  for (const auto& [test_case, words] :
       {std::pair<std::string, std::string>{"throws", "the field is on fire"},
        {"throws_number", "an exception that is no std::exception"}}) {
    const job of = job_of(1);
    const ending e = run_as_rank(of, 0, test_case);
    EXPECT_TRUE(WIFSIGNALED(e.status) && WTERMSIG(e.status) == SIGABRT) << e.output;
    EXPECT_EQ(of.last_words(0), words);
    EXPECT_EQ(of.state(0), member_state::joined) << "its death is for the oracle to publish";
  }
}

TEST_F(environment_process, abort_ends_it_with_the_code) {
  const job of = job_of(1);
  const ending e = run_as_rank(of, 0, "aborts");
  EXPECT_TRUE(e.exited_with(7)) << e.output;
  EXPECT_EQ(of.last_words(0), "abort(7) was called");
  EXPECT_NE(of.state(0), member_state::finalized);
}

TEST_F(environment_process, an_exception_out_of_main_is_no_normal_end) {
  const job of = job_of(1);
  const ending e = run_as_rank(of, 0, "thrown_through");
  EXPECT_TRUE(WIFSIGNALED(e.status)) << e.output;
  EXPECT_NE(of.state(0), member_state::finalized);
  EXPECT_EQ(of.last_words(0), "the field is on fire");
}

TEST_F(environment_process, the_thread_level_is_kept) {
  const ending e = run("other_thread");
  EXPECT_TRUE(e.says("usage_error")) << e.output;
  EXPECT_TRUE(e.says("cohort::threading::serialized or multiple")) << e.output;
}

}  // namespace
}  // namespace cohort::runtime
