// On a terminal: a single rank has it, several don't; keys reach the ranks.
#include "launcher/member_program.hpp"
#include "support/tool.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace cohort::test {
namespace {

using words = std::vector<std::string>;

// The tool as the foreground job of a terminal of its own.
class terminal_run {
 public:
  explicit terminal_run(const std::vector<std::string>& arguments) {
    int terminal = -1;
    std::vector<std::string> words{"cohortrun"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    pid_ = ::forkpty(&terminal, nullptr, nullptr, nullptr);
    if (pid_ == 0) {
      take_signals();
      ::execv((tool_folder() + "/cohortrun").c_str(), argv.data());
      ::_exit(99);
    }
    terminal_ = launcher::unique_descriptor(terminal);
  }
  ~terminal_run() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void wait_for(const std::string& text) {
    while (screen_.find(text) == std::string::npos) {
      if (!read_more()) {
        ADD_FAILURE() << "never saw: " << text << "\nscreen:\n" << screen_;
        return;
      }
    }
  }
  void type(const std::string& keys) {
    ASSERT_EQ(::write(terminal_.get(), keys.data(), keys.size()),
              static_cast<ssize_t>(keys.size()));
  }
  int finish() {
    while (read_more()) {
    }
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  const std::string& screen() const { return screen_; }

 private:
  bool read_more() {
    pollfd ready{terminal_.get(), POLLIN, 0};
    constexpr std::chrono::milliseconds limit = watchdog;
    if (::poll(&ready, 1, static_cast<int>(limit.count())) <= 0) return false;
    std::array<char, 4096> buffer;
    const ssize_t count = ::read(terminal_.get(), buffer.data(), buffer.size());
    if (count <= 0) return false;  // EIO: nobody has the terminal open any more
    screen_.append(buffer.data(), static_cast<std::size_t>(count));
    return true;
  }

  pid_t pid_ = -1;
  launcher::unique_descriptor terminal_;
  std::string screen_;
};

constexpr const char* interrupt_key = "\x03";
const std::string which_are_terminals =
    "for i in 0 1 2; do if test -t $i; then printf t; else printf p; fi; done; echo; ";

TEST(terminal, single_rank_has_it) {
  terminal_run run({"-n", "1", "sh", "-c", which_are_terminals + "read x; echo \"<$x>\""});
  run.wait_for("ttt");
  run.type("typed\n");
  run.wait_for("<typed>");
  EXPECT_EQ(run.finish(), 0);
}

TEST(terminal, several_ranks_have_pipes) {
  terminal_run run({"-n", "2", "sh", "-c", which_are_terminals + "read x && echo \"<$x>\"; true"});
  run.wait_for("ppp");
  run.type("typed\n");
  run.wait_for("<typed>");
  EXPECT_EQ(run.finish(), 0) << run.screen();
}

// What cohort::environment::on_terminal says of standard input, output and error.
std::string shown_on_terminal(const words& options, const std::string& redirection = "") {
  words line = options;
  line.insert(line.end(), {"sh", "-c", member_program() + " 0/say-terminals" + redirection});
  terminal_run run(line);
  EXPECT_EQ(run.finish(), 0);
  return run.screen().substr(0, run.screen().find('\r'));
}

TEST(terminal, ranks_know_what_is_shown_on_it) {
  EXPECT_EQ(shown_on_terminal({"-n", "1"}), "ttt");
  EXPECT_EQ(shown_on_terminal({"-n", "2"}), "ptt");
  EXPECT_EQ(shown_on_terminal({"-n", "2"}, " 2>/dev/null"), "ptp");
  EXPECT_EQ(shown_on_terminal({"-n", "2"}, " 2>&1"), "ptt");
  EXPECT_EQ(shown_on_terminal({"-n", "2"}, " | cat"), "ppt");
  EXPECT_EQ(shown_on_terminal({"-n", "2", "--tag-output"}), "[1,0]<stdout>:ppp");
  EXPECT_EQ(run_tool({"-n", "2", member_program(), "0/say-terminals"}).output, "ppp\n");
}

TEST(terminal, line_that_is_drawn_over_itself_is_shown_while_it_is_drawn) {
  // Never silent for long, and never long enough to be passed on for its length.
  const std::string draw = "while :; do printf '\\rdrawing'; sleep 0.02; done";
  terminal_run run({"-n", "1", "sh", "-c", draw, ":", "-n", "1", "sleep", "1000"});
  run.wait_for("\rdrawing\rdrawing\rdrawing");
  run.type(interrupt_key);
  EXPECT_EQ(run.finish(), 128 + SIGINT);
}

TEST(terminal, carriage_return_before_a_newline_is_part_of_the_line) {
  terminal_run run({"-n", "4", "sh", "-c",
                    "i=0; while [ $i -lt 200 ]; do printf 'abc\\r\\n'; i=$((i+1)); done"});
  EXPECT_EQ(run.finish(), 0);
  std::string expected;
  for (int line = 0; line < 800; ++line) expected += "abc\r\r\n";  // the terminal adds one
  EXPECT_EQ(run.screen(), expected);
}

TEST(terminal, interrupt_key_reaches_a_single_rank_once) {
  const std::string count_interrupts =
      "n=0; trap 'n=$((n+1)); echo caught $n' INT; echo up; "
      "while [ $n -lt 1 ]; do sleep 0.01; done; sleep 0.3; echo total $n; exit 5";
  terminal_run run({"-n", "1", "sh", "-c", count_interrupts});
  run.wait_for("up");
  run.type(interrupt_key);
  run.wait_for("total 1");
  EXPECT_EQ(run.finish(), 5);
}

TEST(terminal, interrupt_key_ends_several_ranks) {
  terminal_run run({"-n", "2", "sh", "-c", "echo up; exec sleep 1000"});
  run.wait_for("up\r\nup");
  run.type(interrupt_key);
  EXPECT_EQ(run.finish(), 128 + SIGINT);
}

TEST(terminal, interrupt_key_ends_a_single_rank_without_a_word) {
  terminal_run run({"-n", "1", "sh", "-c", "echo up; exec sleep 1000"});
  run.wait_for("up");
  run.type(interrupt_key);
  EXPECT_EQ(run.finish(), 128 + SIGINT);
  EXPECT_EQ(run.screen().find("cohortrun:"), std::string::npos) << run.screen();
}

}  // namespace
}  // namespace cohort::test
