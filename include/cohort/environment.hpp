// The environment: this process is a rank of a job while it exists.
#pragma once

#include <cohort/call.hpp>
#include <cohort/threading.hpp>

#include <memory>
#include <string>

namespace cohort {

namespace runtime {
class endpoint;
}

// First line of main. Joins the job that cohortrun started this process in, or is rank 0 of a job
// of one where nobody did. Takes the start-up variable out of the environment and closes its
// descriptors on exec, so that a process which the rank starts, or a plain fork(), is no member.
//
// The destructor leaves the job; communicate before it. Destroyed by an exception on its way out of
// main, it reports the rank as failed, so that the job ends instead of waiting for it.
//
//   int main(int argc, char** argv) {
//     cohort::environment env(argc, argv);
//     cohort::communicator world;
class environment {
 public:
  // Throws start_error if the job can't be joined, setting_error for a COHORT_ variable that is
  // unknown or wrong, usage_error if the process has an environment.
  explicit environment(threading::level level = threading::single, call where = {});
  // The arguments are the program's own: none is taken.
  environment(int& argc, char**& argv, threading::level level = threading::single, call where = {});
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  ~environment();

  // What the constructor was given: every level is provided.
  threading::level thread_level() const;

  // Whether an environment exists, and whether one has ended and none exists. In a thread of
  // run_threads the first is true.
  static bool initialized();
  static bool finalized();
  // Whether what is written to standard output (STDOUT_FILENO) or standard error (STDERR_FILENO) is
  // seen on a terminal. Under cohortrun several ranks write to pipes, which it shows on its own
  // terminal: ask this, and not isatty(), whether to draw a progress bar or to use colours.
  //
  //   if (world.rank() == 0 && cohort::environment::on_terminal(STDERR_FILENO)) draw(progress);
  static bool on_terminal(int descriptor);
  // The name of this host, as reports give it.
  static std::string host_name();
  // Ends the whole job with this exit code, at once.
  [[noreturn]] static void abort(int code);

 private:
  void join(threading::level level, const call& where);
  std::shared_ptr<runtime::endpoint> endpoint_;
  int exceptions_ = 0;
};

}  // namespace cohort
