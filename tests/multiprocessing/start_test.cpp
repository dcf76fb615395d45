// How programs with processes begin and end, seen from outside; and what starts every program:
// spawn().
#include <cohort/error.hpp>

#include "multiprocessing/family/spawn.hpp"
#include "runtime/time_limit.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::multiprocessing {
namespace {

struct ending {
  std::string output;
  int code = -1;  // minus the signal
  bool says(const std::string& text) const { return output.find(text) != std::string::npos; }
};

int end_of(const spawned_process& program) {
  siginfo_t end{};
  while (::waitid(P_PIDFD, static_cast<id_t>(program.handle.get()), &end, WEXITED) != 0) {
    if (errno != EINTR) return -1000;
  }
  return end.si_code == CLD_EXITED ? end.si_status : -end.si_status;
}

// Runs a program to its end, and whatever has its output until its end.
ending run(spawn_plan plan) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const runtime::unique_descriptor out(ends[0]);
  runtime::unique_descriptor in(ends[1]);
  plan.descriptors.push_back({in.get(), STDOUT_FILENO});
  plan.descriptors.push_back({in.get(), STDERR_FILENO});
  const spawned_process program = spawn(plan);
  in.reset();
  ending result;
  char piece[4096];
  for (;;) {
    const ssize_t got = ::read(out.get(), piece, sizeof piece);
    if (got > 0) result.output.append(piece, static_cast<std::size_t>(got));
    if (got == 0 || (got < 0 && errno != EINTR)) break;
  }
  result.code = end_of(program);
  return result;
}

ending run_case(const std::string& which) {
  spawn_plan plan;
  plan.path = COHORT_TEST_START_PROGRAM;
  plan.arguments = {"start_program", which};
  return run(std::move(plan));
}

ending run_shell(const std::string& script, spawn_plan plan = {}) {
  plan.path = "sh";
  plan.search = true;
  plan.arguments = {"sh", "-c", script};
  return run(std::move(plan));
}

class program : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left"; }

 private:
  test::time_limit limit_;
};
using program_with_processes = program;

// The daemon is terminated, the other is waited for; and both are gone when the program is, or the
// pipe of their output would not have ended.
TEST_F(program_with_processes, that_falls_off_main_joins_and_terminates) {
  const ending e = run_case("falls_off_main");
  EXPECT_EQ(e.code, 0);
  EXPECT_TRUE(e.says("the other's second line\n")) << e.output;
  EXPECT_FALSE(e.says("the daemon's second line\n")) << e.output;
}

TEST_F(program_with_processes, that_throws_leaves_nobody) {
  const ending e = run_case("throws");
  EXPECT_EQ(e.code, 2);
  EXPECT_TRUE(e.says("main failed")) << e.output;
}

TEST_F(program_with_processes, that_makes_no_environment_is_told) {
  const ending e = run_case("has_no_environment");
  EXPECT_EQ(e.code, 2);
  EXPECT_TRUE(e.says("there is no environment")) << e.output;
}

TEST_F(program_with_processes, whose_children_make_no_environment_is_told) {
  const ending e = run_case("forgets_the_environment");
  EXPECT_EQ(e.code, 2);
  EXPECT_TRUE(e.says("process-1 ended with exit code 3 without having called its function"))
      << e.output;
  EXPECT_TRUE(e.says("first line of main must be `cohort::environment")) << e.output;
}

TEST_F(program_with_processes, whose_child_wants_to_be_a_rank_is_told) {
  const ending e = run_case("is_a_rank_in_a_child");
  EXPECT_EQ(e.code, 1);
  EXPECT_TRUE(e.says("process process-1 ")) << e.output;
  EXPECT_TRUE(e.says("usage_error: communicator: this process was started by another process"))
      << e.output;
}

TEST_F(program, is_found_and_ends) {
  EXPECT_EQ(run_shell("exit 7").code, 7);
  EXPECT_EQ(run_shell("kill -9 $$").code, -9);
  EXPECT_EQ(run_shell("echo $0 said; echo this >&2").output, "sh said\nthis\n");
}

std::string problem_of(const spawn_plan& plan) {
  try {
    spawn(plan);
  } catch (const start_error& e) {
    return e.what();
  }
  return "it started";
}

TEST_F(program, that_cant_be_executed_is_an_error) {
  spawn_plan plan;
  plan.arguments = {"x"};
  plan.path = "/no/such/program";
  EXPECT_EQ(problem_of(plan),
            "start: can't start /no/such/program: No such file or directory (ENOENT)");
  plan.path = "/etc/passwd";
  EXPECT_NE(problem_of(plan).find("(EACCES)"), std::string::npos) << problem_of(plan);
  plan.path = "no-such-program-anywhere";
  plan.search = true;
  EXPECT_NE(problem_of(plan).find("no folder of PATH has it"), std::string::npos);
  plan.path = "sh";
  plan.directory = "/no/such/folder";
  EXPECT_NE(problem_of(plan).find("its working directory is to be /no/such/folder"),
            std::string::npos)
      << problem_of(plan);
  plan.directory.clear();
  plan.descriptors = {{12345, 0}};
  EXPECT_NE(problem_of(plan).find("its descriptors can't be set up"), std::string::npos)
      << problem_of(plan);
}

TEST_F(program, has_its_directory_and_environment) {
  spawn_plan plan;
  plan.directory = "/usr";
  plan.environment = {"ONE=1", "TWO=2"};
  EXPECT_EQ(run_shell("pwd; echo $ONE$TWO$HOME", std::move(plan)).output, "/usr\n12\n");
}

runtime::unique_descriptor file_with(const std::string& text) {
  runtime::unique_descriptor file(::memfd_create("test", MFD_CLOEXEC));
  EXPECT_EQ(::pwrite(file.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return file;
}

// Also where each stands in the other's way.
TEST_F(program, gets_descriptors_moved) {
  const auto one = file_with("one"), two = file_with("two"), three = file_with("three");
  spawn_plan plan;
  plan.descriptors = {{one.get(), two.get()}, {two.get(), one.get()}, {three.get(), 0}};
  const std::string script =
      "cat <&" + std::to_string(one.get()) + "; cat <&" + std::to_string(two.get()) + "; cat";
  EXPECT_EQ(run_shell(script, std::move(plan)).output, "twoonethree");
}

TEST_F(program, gets_no_other_descriptors) {
  const auto kept = file_with("kept");
  const runtime::unique_descriptor open(::fcntl(kept.get(), F_DUPFD, 100));
  const std::string list = "for f in /proc/self/fd/*; do readlink $f; done | grep -c memfd";
  EXPECT_EQ(run_shell(list).output, "0\n");
  spawn_plan plan;
  plan.descriptors = {{kept.get(), 50}};
  EXPECT_EQ(run_shell(list, std::move(plan)).output, "1\n");
  spawn_plan all;
  all.close_others = false;
  EXPECT_EQ(run_shell(list, std::move(all)).output, "1\n");  // `kept` is close-on-exec
}

TEST_F(program, has_the_signal_mask_of_its_plan) {
  sigset_t some, before;
  ::sigemptyset(&some);
  ::sigaddset(&some, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &some, &before);
  spawn_plan blocked;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(run_shell("kill -USR1 $$; echo survived", std::move(blocked)).output, "survived\n");
  EXPECT_EQ(run_shell("kill -USR1 $$; echo survived").code, -SIGUSR1);
}

TEST_F(program, does_not_run_the_handlers_of_its_starter) {
  struct sigaction handler {};
  handler.sa_handler = [](int) { ::_exit(55); };
  struct sigaction before {};
  ::sigaction(SIGUSR2, &handler, &before);
  EXPECT_EQ(run_shell("kill -USR2 $$").code, -SIGUSR2);
  struct sigaction still {};
  ::sigaction(SIGUSR2, &before, &still);
  EXPECT_EQ(still.sa_handler, handler.sa_handler);  // the starter's own are as they were
}

TEST_F(program, dies_with_the_thread_that_started_it) {
  spawned_process made;
  std::thread([&] {
    spawn_plan plan;
    plan.path = "/bin/sleep";
    plan.arguments = {"sleep", "1000"};
    made = spawn(plan);
  }).join();
  EXPECT_EQ(end_of(made), -SIGKILL);
}

TEST_F(program, may_have_a_group_of_its_own) {
  const std::string script =
      "read pid name state parent group rest </proc/$$/stat; [ $group = $$ ] && echo own";
  spawn_plan plan;
  plan.own_group = true;
  EXPECT_EQ(run_shell(script, std::move(plan)).output, "own\n");
  EXPECT_EQ(run_shell(script).output, "");
}

}  // namespace
}  // namespace cohort::multiprocessing
