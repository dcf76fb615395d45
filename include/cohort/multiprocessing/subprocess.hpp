// Other programs: run one to its end, or start one and go on.
#pragma once

#include <cohort/call.hpp>
#include <cohort/error.hpp>

#include <sys/types.h>

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cohort {

namespace multiprocessing {
class subprocess;
}

// What is to run: a program and its arguments, which no shell sees. A program without a slash is
// looked for in the folders of PATH.
//   cohort::run({"grep", "-c", "error", path});
class command {
 public:
  command(std::initializer_list<std::string> program_and_arguments)
      : arguments_(program_and_arguments) {}
  command(std::vector<std::string> program_and_arguments)
      : arguments_(std::move(program_and_arguments)) {}

  const std::vector<std::string>& arguments() const noexcept { return arguments_; }

 private:
  std::vector<std::string> arguments_;
};

// A text for /bin/sh. Whatever is put into it is code: texts of others belong into a command.
//   cohort::run(cohort::shell("sort names | uniq -c"));
command shell(std::string text);

// Where one of a program's standard streams leads.
class redirect {
 public:
  enum class kind : unsigned char { inherited, captured, discarded, output, descriptor };

  // To where this process's own leads.
  static redirect inherited() noexcept { return {kind::inherited}; }
  // Into a pipe whose other end this process has.
  static redirect captured() noexcept { return {kind::captured}; }
  // /dev/null
  static redirect discarded() noexcept { return {kind::discarded}; }
  // Standard error only: to where its standard output leads.
  static redirect output() noexcept { return {kind::output}; }
  // To an open descriptor of this process, which stays open here.
  static redirect descriptor(int number) noexcept { return {kind::descriptor, number}; }

  kind which() const noexcept { return which_; }
  int number() const noexcept { return number_; }

 private:
  redirect(kind which, int number = -1) noexcept : which_(which), number_(number) {}
  kind which_;
  int number_;
};

// How a program is started.
struct subprocess_options {
  // A text for its standard input, and then end-of-file; nothing: what `in` says.
  std::optional<std::string> input = std::nullopt;
  bool capture = false;  // `out` and `err` are captured, where they say nothing else
  redirect in = redirect::inherited();
  redirect out = redirect::inherited();
  redirect err = redirect::inherited();
  std::string directory = {};  // where it works, and from where a relative path of the program is
                               // meant; empty: where this process does
  // Its environment; nothing: that of this process.
  std::optional<std::map<std::string, std::string>> environment = std::nullopt;
  std::map<std::string, std::string> extra_environment = {};  // on top of that
  // A process group of its own: signals from the terminal do not reach it, and signals that are
  // sent here reach what it has started, too (unless that has left the group).
  bool own_group = false;
  // False: it is killed when the thread that starts it ends, and so with this process, however that
  // ends. True: it goes on after either.
  bool survives = false;
};

// A program that has ended.
struct completed_process {
  std::vector<std::string> arguments;
  int exit_code = 0;  // below 0: minus the signal that ended it
  std::string out;    // what was captured
  std::string err;

  bool succeeded() const noexcept { return exit_code == 0; }
  // Throws command_failed unless the exit code is 0.
  const completed_process& check(call where = {}) const&;
  completed_process check(call where = {}) &&;
};

// A command did not succeed; the text names it, its exit code or signal, and the end of what it
// wrote to standard error, where that was captured.
class command_failed : public process_failed {
 public:
  command_failed(const completed_process& result, const call& where);
  const completed_process& result() const noexcept { return *result_; }

 private:
  std::shared_ptr<const completed_process> result_;  // copies of errors must not throw
};

// A command took too long, and was killed; result() has what it had written by then.
class command_timeout : public timeout_error {
 public:
  command_timeout(const completed_process& result, const call& where);
  const completed_process& result() const noexcept { return *result_; }

 private:
  std::shared_ptr<const completed_process> result_;
};

// Runs a command to its end. Needs no environment, starts no thread, and may be called by several
// threads. Throws start_error where it can't be started (with the reason that exec gave),
// command_timeout after the deadline (what it has started lives on, unless it has its own_group),
// argument_error, resource_error. How it ended is for check() or the caller to judge.
//   auto r = cohort::run({"wc", "-l"}, {.input = text, .capture = true},
//   cohort::within(5s)).check();
completed_process run(const command& what, const subprocess_options& how, call where = {});
completed_process run(const command& what, call where = {});

// A program that runs beside this one. Movable; for one thread at a time. Destroyed before the end
// was seen, it kills the program and waits for that: nothing is left behind.
// One that was moved from throws usage_error.
//   cohort::popen sorter({"sort"}, {.capture = true, .in = cohort::redirect::captured()});
//   auto [sorted, complaints] = sorter.communicate("b\na\n");
class popen {
 public:
  // Throws start_error, resource_error, argument_error.
  explicit popen(const command& what, const subprocess_options& how = {}, call where = {});
  popen(popen&&) noexcept;
  popen& operator=(popen&&) noexcept;
  ~popen();

  const std::vector<std::string>& arguments() const;
  pid_t pid() const;
  // Readable when the program has ended; -1 once that was seen. To be waited on, not to be read.
  int sentinel() const;
  // This process's ends of the captured streams, blocking; -1 for others and after communicate().
  int input() const;
  int output() const;
  int errors() const;
  // End-of-file for the program.
  void close_input();

  // Waits for the end and returns the exit code; below 0: minus the signal. A program that writes
  // into a captured stream that nobody reads may never end: communicate() reads. timeout_error.
  int wait(call where = {});
  // The exit code if it has ended.
  std::optional<int> poll(call where = {});
  // Writes `text` to the captured input and closes it, reads both captured streams to their ends,
  // all at once, and waits. Returns what came on standard output and standard error. After
  // timeout_error the program runs on, and the call can be repeated: nothing is lost, and only the
  // first text is written (the one of the options, if there is one). A program that does not read
  // its input is no error.
  std::pair<std::string, std::string> communicate(std::string text = {}, call where = {});

  // Nothing happens where the end was seen.
  void send_signal(int number, call where = {});
  void terminate(call where = {});  // SIGTERM
  void kill(call where = {});       // SIGKILL

 private:
  multiprocessing::subprocess& process() const;
  std::unique_ptr<multiprocessing::subprocess> process_;
};

}  // namespace cohort
