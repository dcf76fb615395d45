// Watches a running job: publishes ends, passes signals, input and output on, and ends the job when
// a rank fails.
#pragma once

#include "launcher/account.hpp"
#include "launcher/event_loop.hpp"
#include "launcher/guard.hpp"
#include "launcher/input.hpp"
#include "launcher/options.hpp"
#include "launcher/output.hpp"

#include "runtime/job.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cohort::launcher {

class supervisor {
 public:
  supervisor(const run_options& options, runtime::job& job, std::string host, bool foreground);

  output& rank_output() { return output_; }
  input& rank_input() { return input_; }

  // Serves the job until nothing of it is left. `signals` and `control` are the descriptors that
  // signals and joined_messages are read from. Returns the launcher's exit code.
  int serve(guard started, unique_descriptor signals, unique_descriptor control,
            const start_plan& plan);

 private:
  struct rank_process {
    pid_t pid = 0;            // of the process that was started; 0: not yet
    pid_t joined_pid = 0;     // of the one that claimed the rank's slot; 0: none yet
    std::optional<int> end;   // as of waitpid; none: it lives
    unique_descriptor inner;  // pidfd of joined_pid where it is another process
  };
  // The one that the job is ended for.
  struct failure {
    std::uint32_t rank;
    int exit_code;
    std::string what;
  };

  void watch_everything();
  void read_guard();
  void read_start_failures();
  void read_control();
  void read_signals();

  void on_started(std::uint32_t rank, pid_t pid);
  void on_ended(std::uint32_t rank, int wait_status);
  void on_start_failure(const start_failure& failure);
  void on_inner_ended(std::uint32_t rank);
  void on_signal(int number, bool from_terminal);
  void on_timeout();
  void on_guard_gone();
  void stop_serving();

  void watch_inner(std::uint32_t rank);
  bool failed(std::uint32_t rank, int wait_status) const;
  bool is_no_news(std::uint32_t rank) const;
  // What becomes of the job after a failure. Where it `may_wait`, others that are about to end by
  // themselves, with a message for the user, are given a moment for it.
  void fail(const failure& found, bool may_wait);
  // Gives the account of the failure that the job is ended for, and ends it.
  void conclude();
  void note_exit_code(int code);
  std::vector<rank_view> views() const;
  rank_view view(std::uint32_t rank) const;
  void tell(const std::string& line);
  void tell_details(const std::string& line);

  void send_signal(std::uint32_t rank, int number);
  void send_signals(int number);
  // Terminates everybody and, a little later, kills who is left.
  void end_job();
  void kill_all();

  const run_options& options_;
  runtime::job& job_;
  std::string host_;
  bool foreground_;  // the one rank shares the launcher's process group and terminal
  event_loop loop_;
  output output_;
  input input_;
  guard guard_;
  unique_descriptor signals_;
  unique_descriptor control_;
  const start_plan* plan_ = nullptr;
  std::vector<rank_process> ranks_;
  std::uint32_t ended_count_ = 0;

  std::optional<int> exit_code_;
  bool ending_ = false;           // the job is ended: what fails from here on does not count
  bool terminating_ = false;      // its ranks are told
  std::optional<failure> cause_;  // until it is accounted for
  int interrupted_ = 0;           // the signal that was passed on to end the job
  int terminal_signal_ = 0;       // the last one that the rank got from the terminal itself
  bool start_failed_ = false;
  bool guard_gone_ = false;
  bool drop_output_ = false;  // the user wants out
};

}  // namespace cohort::launcher
