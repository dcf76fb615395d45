// Runs the real tool from tests: with pipes, with a watchdog, and with a mark in the environment by
// which everything that it starts can be found again.
#pragma once

#include "launcher/descriptor.hpp"

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace cohort::test {

// Tests end themselves long before this where all is well, on a loaded machine too.
inline constexpr std::chrono::seconds watchdog{60};

struct outcome {
  int exit_code = -1;  // 128 + signal where the tool died of one
  std::string output;
  std::string errors;
};

// One run of `cohortrun` (or of the name in `tool`).
class tool_run {
 public:
  struct options {
    std::string tool = "cohortrun";
    std::vector<std::string> environment;  // NAME=VALUE, on top of the test's
    bool open_input = false;               // else /dev/null
    bool merge_errors = false;             // standard error into the same pipe as standard output
  };

  explicit tool_run(const std::vector<std::string>& arguments) : tool_run(arguments, options()) {}
  tool_run(const std::vector<std::string>& arguments, const options& chosen);
  // Kills what is left.
  ~tool_run();
  tool_run(const tool_run&) = delete;
  tool_run& operator=(const tool_run&) = delete;

  pid_t pid() const { return pid_; }

  // Reads until the output (errors) contains the text; fails the test when it ends before.
  void wait_for_output(const std::string& text) { wait_for(output_, text); }
  void wait_for_errors(const std::string& text) { wait_for(errors_, text); }
  const std::string& output() const { return output_; }
  void send_input(const std::string& text);
  void close_input() { input_.reset(); }
  void close_output() { output_pipe_.reset(); }
  void signal(int number) const;

  // Reads the rest and waits for the end.
  outcome finish();

  // The live processes that were started by this run, the tool itself included.
  std::vector<pid_t> processes() const;
  // Returns when there are none any more; false after the watchdog's time.
  bool everything_ended() const;

 private:
  void wait_for(const std::string& where, const std::string& text);
  // Reads what is there, waiting for it; false when both pipes have ended.
  bool read_more();

  std::string mark_;
  pid_t pid_ = -1;
  launcher::unique_descriptor input_;
  launcher::unique_descriptor output_pipe_;
  launcher::unique_descriptor errors_pipe_;
  std::string output_;
  std::string errors_;
  std::chrono::steady_clock::time_point give_up_;
};

// A whole run.
outcome run_tool(const std::vector<std::string>& arguments,
                 const tool_run::options& chosen = tool_run::options());

// Where the tool is.
std::string tool_folder();

// In a child before exec: signals that whoever started the tests ignores (a script that runs them
// in the background does) are taken again, as at a prompt.
void take_signals();

testing::AssertionResult has(const std::string& text, const std::string& part);
std::vector<std::string> lines_of(const std::string& text);

// A folder that is removed in the end.
class temporary_folder {
 public:
  temporary_folder();
  ~temporary_folder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& content, mode_t mode);

}  // namespace cohort::test
