// Running other programs: how they end, what they read and write, where they work, how long they
// may take, and that nothing is left of them.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/subprocess.hpp>

#include "runtime/time_limit.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;

// How many descriptors this process has open.
std::ptrdiff_t open_descriptors() {
  DIR* folder = ::opendir("/proc/self/fd");
  std::ptrdiff_t count = 0;
  while (::readdir(folder)) ++count;
  ::closedir(folder);
  return count;
}

bool exists(pid_t pid) {
  return ::kill(pid, 0) == 0 || errno != ESRCH;
}

// Blocks until a process, which need not be a child of this one, has ended.
void wait_until_ended(pid_t pid) {
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0) return;  // it has gone
  pollfd end{handle, POLLIN, 0};
  while (::poll(&end, 1, -1) < 0 && errno == EINTR) {
  }
  ::close(handle);
}

// Runs a command that writes a line and then never ends, with longer and longer deadlines until one
// suffices for the line; returns what the error of that run says.
completed_process run_until_late(const command& what, subprocess_options how) {
  how.capture = true;
  for (auto limit = 20ms;; limit *= 2) {
    try {
      run(what, how, within(limit));
      ADD_FAILURE() << "it never ends";
    } catch (const command_timeout& late) {
      if (!late.result().out.empty()) return late.result();
    }
  }
}

// Every test ends with as many descriptors as it began with, and without a child.
class subprocesses : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(open_descriptors(), descriptors_);
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    EXPECT_EQ(errno, ECHILD);
  }

 private:
  time_limit limit_;
  const std::ptrdiff_t descriptors_ = open_descriptors();
};

TEST_F(subprocesses, exit_codes) {
  for (const int code : {0, 1, 2, 126, 127, 255}) {
    const auto result = run(shell("exit " + std::to_string(code)));
    EXPECT_EQ(result.exit_code, code);
    EXPECT_EQ(result.succeeded(), code == 0);
  }
  for (const int number : {SIGTERM, SIGKILL, SIGSEGV}) {
    const auto result = run(shell("ulimit -c 0; kill -" + std::to_string(number) + " $$"));
    EXPECT_EQ(result.exit_code, -number);
  }
  EXPECT_TRUE(run({"true"}).succeeded());
}

TEST_F(subprocesses, arguments_reach_the_program_as_they_are) {
  const std::string odd = "two words; $HOME 'quoted' \"and\" *\n";
  EXPECT_EQ(run({"printf", "%s|", odd, "", "-n"}, {.capture = true}).out, odd + "||-n|");
  const std::vector<std::string> given{"echo", "a", "b"};
  const auto result = run(given, {.capture = true});
  EXPECT_EQ(result.out, "a b\n");
  EXPECT_EQ(result.arguments, given);
}

TEST_F(subprocesses, input_and_captured_output) {
  const auto counted = run({"wc", "-c"}, {.input = std::string(100'000, 'x'), .capture = true});
  EXPECT_EQ(std::stoi(counted.out), 100'000);
  const auto both = run(shell("echo out; echo err >&2"), {.capture = true});
  EXPECT_EQ(both.out, "out\n");
  EXPECT_EQ(both.err, "err\n");
  EXPECT_EQ(run({"cat"}, {.input = "", .capture = true}).out, "") << "end-of-file at once";
  const std::string zeros("a\0b", 3);
  EXPECT_EQ(run({"cat"}, {.input = zeros, .capture = true}).out, zeros);
}

TEST_F(subprocesses, large_amounts_both_ways_at_once_do_not_block) {
  std::string large;
  for (int i = 0; i < 400'000; ++i) large += std::to_string(i) + '\n';
  const auto result = run(shell("tee /dev/stderr"), {.input = large, .capture = true});
  EXPECT_EQ(result.out, large);
  EXPECT_EQ(result.err, large);
}

TEST_F(subprocesses, a_program_that_does_not_read_its_input_is_no_error) {
  const std::string large(4'000'000, 'x');
  EXPECT_EQ(run({"true"}, {.input = large}).exit_code, 0);
  EXPECT_EQ(run({"head", "-c", "3"}, {.input = large, .capture = true}).out, "xxx");
}

TEST_F(subprocesses, redirections) {
  EXPECT_EQ(run(shell("echo a; echo b >&2; echo c"),
                {.out = redirect::captured(), .err = redirect::output()})
                .out,
            "a\nb\nc\n");
  const auto quiet =
      run(shell("echo a; echo b >&2"), {.capture = true, .err = redirect::discarded()});
  EXPECT_EQ(quiet.out, "a\n");
  EXPECT_EQ(quiet.err, "");
  EXPECT_EQ(run({"cat"}, {.capture = true, .in = redirect::discarded()}).out, "");

  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  run({"echo", "to a descriptor"}, {.out = redirect::descriptor(ends[1])});
  ::close(ends[1]);
  const auto read = run({"cat"}, {.capture = true, .in = redirect::descriptor(ends[0])});
  ::close(ends[0]);
  EXPECT_EQ(read.out, "to a descriptor\n");
}

TEST_F(subprocesses, directory_and_environment) {
  EXPECT_EQ(run({"pwd"}, {.capture = true, .directory = "/usr"}).out, "/usr\n");
  EXPECT_EQ(
      run({"/usr/bin/env"}, {.capture = true, .environment = {{{"ONE", "1"}, {"TWO", ""}}}}).out,
      "ONE=1\nTWO=\n");
  ::setenv("SUBPROCESS_TEST", "inherited", 1);
  const auto print = shell("echo $SUBPROCESS_TEST $ANOTHER");
  EXPECT_EQ(run(print, {.capture = true}).out, "inherited\n");
  EXPECT_EQ(run(print, {.capture = true, .extra_environment = {{"ANOTHER", "a=b"}}}).out,
            "inherited a=b\n");
  EXPECT_EQ(run(print, {.capture = true, .extra_environment = {{"SUBPROCESS_TEST", "mine"}}}).out,
            "mine\n");
  EXPECT_EQ(run({"/usr/bin/env"},
                {.capture = true, .environment = {{{"A", "1"}}}, .extra_environment = {{"A", "2"}}})
                .out,
            "A=2\n");
  ::unsetenv("SUBPROCESS_TEST");
}

TEST_F(subprocesses, inherit_no_descriptors) {
  const int here = ::open("/dev/null", O_RDONLY);  // not close-on-exec
  const auto listed = run({"ls", "/proc/self/fd"}, {.capture = true, .in = redirect::discarded()});
  ::close(here);
  EXPECT_EQ(listed.out, "0\n1\n2\n3\n") << "the three, and the folder that ls reads";
}

TEST_F(subprocesses, check_names_the_command_and_its_end) {
  const auto good = run({"echo", "fine"}, {.capture = true}).check();
  EXPECT_EQ(good.out, "fine\n");
  try {
    run(shell("echo the reason >&2; exit 3"), {.capture = true}).check();
    ADD_FAILURE() << "exit code 3 is a failure";
  } catch (const command_failed& failed) {
    const std::string text = failed.what();
    EXPECT_NE(text.find("exit code 3"), std::string::npos) << text;
    EXPECT_NE(text.find("the reason"), std::string::npos) << text;
    EXPECT_NE(text.find("/bin/sh -c 'echo the reason"), std::string::npos) << text;
    EXPECT_NE(text.find("subprocess_test.cpp"), std::string::npos) << text;
    EXPECT_EQ(failed.result().exit_code, 3);
  }
  try {
    run(shell("kill -TERM $$")).check();
    ADD_FAILURE() << "a signal is a failure";
  } catch (const command_failed& failed) {
    EXPECT_NE(std::string(failed.what()).find("signal 15 (SIGTERM)"), std::string::npos)
        << failed.what();
  }
}

TEST_F(subprocesses, what_can_t_be_started) {
  try {
    run({"no-such-program-anywhere"});
    ADD_FAILURE() << "there is no such program";
  } catch (const start_error& failed) {
    const std::string text = failed.what();
    EXPECT_NE(text.find("no-such-program-anywhere"), std::string::npos) << text;
    EXPECT_NE(text.find("subprocess_test.cpp"), std::string::npos) << text;
  }
  try {
    run({"/no/such/program"});
    ADD_FAILURE() << "there is no such program";
  } catch (const start_error& failed) {
    EXPECT_NE(std::string(failed.what()).find("No such file or directory (ENOENT)"),
              std::string::npos)
        << failed.what();
  }
  EXPECT_THROW(run({"/"}), start_error);
  EXPECT_THROW(run({"true"}, {.directory = "/no/such/folder"}), start_error);
  EXPECT_THROW(popen({"/etc/passwd"}, {.capture = true, .in = redirect::captured()}), start_error);
}

TEST_F(subprocesses, bad_arguments) {
  EXPECT_THROW(run(std::vector<std::string>()), argument_error);
  EXPECT_THROW(run({""}), argument_error);
  EXPECT_THROW(run({"echo", std::string("a\0b", 3)}), argument_error);
  EXPECT_THROW(run({"true"}, {.extra_environment = {{"A=B", "1"}}}), argument_error);
  EXPECT_THROW(run({"true"}, {.extra_environment = {{"", "1"}}}), argument_error);
  EXPECT_THROW(run({"true"}, {.out = redirect::output()}), argument_error);
  EXPECT_THROW(run({"true"}, {.out = redirect::descriptor(99'999)}), argument_error);
}

TEST_F(subprocesses, a_deadline_kills_and_gives_what_was_written) {
  const auto late = run_until_late(shell("echo half; exec sleep 1000"), {});
  EXPECT_EQ(late.out, "half\n");
  EXPECT_EQ(late.exit_code, -SIGKILL);
  const auto began = std::chrono::steady_clock::now();
  try {
    run({"sleep", "1000"}, within(20ms));
    ADD_FAILURE() << "it takes far longer";
  } catch (const timeout_error& error) {
    EXPECT_NE(std::string(error.what()).find("sleep 1000"), std::string::npos) << error.what();
  }
  EXPECT_GE(std::chrono::steady_clock::now() - began, 20ms);
  EXPECT_THROW(run({"yes"}, {.capture = true}, within(20ms)), command_timeout) << "never quiet";
  EXPECT_EQ(run({"echo", "in time"}, {.capture = true}, within(60s)).out, "in time\n");
}

TEST_F(subprocesses, a_deadline_does_not_wait_for_who_has_inherited_the_pipe) {
  // The shell's child holds the pipe when the shell has been killed.
  const auto script = shell("sleep 1000 & echo $!; wait");
  const pid_t left = std::stoi(run_until_late(script, {}).out);
  EXPECT_EQ(::kill(left, SIGKILL), 0) << "only the command itself was killed";
  wait_until_ended(left);
  wait_until_ended(std::stoi(run_until_late(script, {.own_group = true}).out));
}

TEST_F(subprocesses, popen_goes_on_beside_this_process) {
  popen cat({"cat"}, {.capture = true, .in = redirect::captured()});
  EXPECT_GT(cat.pid(), 0);
  EXPECT_EQ(cat.arguments(), std::vector<std::string>{"cat"});
  EXPECT_EQ(cat.poll(), std::nullopt);
  EXPECT_THROW(cat.wait(within(1ms)), timeout_error);
  ASSERT_EQ(::write(cat.input(), "ping", 4), 4);
  char answer[4];
  ASSERT_EQ(::read(cat.output(), answer, 4), 4);
  EXPECT_EQ(std::string(answer, 4), "ping");
  cat.close_input();
  EXPECT_EQ(cat.input(), -1);
  pollfd end{cat.sentinel(), POLLIN, 0};
  EXPECT_EQ(::poll(&end, 1, -1), 1);
  EXPECT_EQ(cat.poll(), 0);
  EXPECT_EQ(cat.wait(), 0) << "as often as one likes";
  EXPECT_EQ(cat.sentinel(), -1);
  cat.kill();
}

TEST_F(subprocesses, popen_communicate) {
  popen sorter({"sort"}, {.capture = true, .in = redirect::captured()});
  EXPECT_EQ(sorter.communicate("b\na\n"), std::pair(std::string("a\nb\n"), std::string()));
  EXPECT_EQ(sorter.poll(), 0);
  popen given({"cat"}, {.input = "from the options", .capture = true});
  EXPECT_EQ(given.communicate().first, "from the options");
}

TEST_F(subprocesses, popen_communicate_can_be_repeated_after_its_deadline) {
  int ends[2];  // the program ends when it has read from here
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  popen slow(shell("echo first; read line; echo $line; read end <&2; exit 7"),
             {.in = redirect::captured(),
              .out = redirect::captured(),
              .err = redirect::descriptor(ends[0])});
  EXPECT_THROW(slow.communicate("text\n", within(20ms)), timeout_error);
  EXPECT_EQ(slow.poll(), std::nullopt) << "it runs on";
  EXPECT_EQ(::write(ends[1], "\n", 1), 1);
  EXPECT_EQ(slow.communicate("not again\n").first, "first\ntext\n");
  EXPECT_EQ(slow.wait(), 7);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(subprocesses, popen_signals) {
  popen first({"sleep", "1000"});
  first.terminate();
  EXPECT_EQ(first.wait(), -SIGTERM);
  popen second({"sleep", "1000"});
  second.kill();
  EXPECT_EQ(second.wait(), -SIGKILL);
  popen third({"sleep", "1000"});
  third.send_signal(SIGUSR1);
  EXPECT_EQ(third.wait(), -SIGUSR1);
  third.send_signal(SIGUSR1);
  EXPECT_EQ(third.wait(), -SIGUSR1) << "nothing happens after the end";
  popen fourth({"sleep", "1000"});
  EXPECT_THROW(fourth.send_signal(12'345), resource_error);
}

TEST_F(subprocesses, popen_that_goes_takes_its_program_along) {
  pid_t pid = 0;
  {
    const popen left({"sleep", "1000"});
    pid = left.pid();
    EXPECT_TRUE(exists(pid));
  }
  EXPECT_FALSE(exists(pid));

  popen first({"sleep", "1000"});
  popen second({"sleep", "1000"});
  const pid_t overwritten = second.pid();
  second = std::move(first);
  EXPECT_FALSE(exists(overwritten));
  EXPECT_THROW(first.pid(), usage_error);  // NOLINT(bugprone-use-after-move): on purpose
  EXPECT_THROW(first.wait(), usage_error);
  EXPECT_EQ(second.poll(), std::nullopt);
}

TEST_F(subprocesses, end_with_the_thread_that_started_them_unless_they_survive) {
  std::vector<popen> started;
  std::thread starter([&] {
    started.emplace_back(command{"sleep", "1000"});
    started.emplace_back(command{"sleep", "1000"}, subprocess_options{.survives = true});
  });
  starter.join();
  EXPECT_EQ(started[0].wait(), -SIGKILL);
  EXPECT_EQ(started[1].poll(), std::nullopt);
}

TEST_F(subprocesses, leave_other_children_and_their_end_alone) {
  const pid_t other = ::fork();
  if (other == 0) ::_exit(5);
  run({"true"});
  int status = 0;
  EXPECT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

TEST_F(subprocesses, whose_end_somebody_else_has_seen_are_an_error) {
  popen taken({"true"});
  ASSERT_EQ(::waitpid(taken.pid(), nullptr, 0), taken.pid());
  EXPECT_THROW(taken.wait(), usage_error);
  EXPECT_THROW(taken.poll(), usage_error) << "every time";
}

TEST_F(subprocesses, from_several_threads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int round = 0; round < 25; ++round) {
        const std::string text = std::to_string(t) + " " + std::to_string(round);
        const auto result = run({"cat"}, {.input = text, .capture = true});
        EXPECT_EQ(result.out, text);
        EXPECT_EQ(run(shell("exit " + std::to_string(t))).exit_code, t);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(subprocesses, signals_do_not_show) {
  struct sigaction before {};
  struct sigaction ignoring {};
  ignoring.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGUSR1, &ignoring, &before), 0);
  const pthread_t here = ::pthread_self();
  popen slow(shell("read line; exit 4"), {.in = redirect::captured()});
  std::thread signalling([&] {
    for (int i = 0; i < 50; ++i) {
      ::pthread_kill(here, SIGUSR1);
      std::this_thread::yield();
    }
    EXPECT_EQ(::write(slow.input(), "\n", 1), 1);
  });
  EXPECT_EQ(slow.wait(), 4);
  signalling.join();
  ::sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace cohort::test
