// A started program with this process's ends of its streams.
#pragma once

#include <cohort/multiprocessing/subprocess.hpp>

#include "runtime/descriptor.hpp"

#include <poll.h>
#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cohort::multiprocessing {

// One thread at a time. Everything hangs on the pidfd: no other child is touched, and no number is
// used after the process has been reaped.
class subprocess {
 public:
  subprocess(const command& what, const subprocess_options& how, const char* operation,
             const call& where);
  // Kills and reaps what has not been reaped.
  ~subprocess();
  subprocess(const subprocess&) = delete;
  subprocess& operator=(const subprocess&) = delete;

  // Of the captured streams; reset when they have ended.
  runtime::unique_descriptor input;
  runtime::unique_descriptor output;
  runtime::unique_descriptor errors;
  // What communicate() has read so far.
  std::string out;
  std::string err;

  const std::vector<std::string>& arguments() const { return arguments_; }
  pid_t pid() const { return pid_; }
  int sentinel() const { return handle_.get(); }

  // Whether it has ended by `limit`; then it has been reaped and exit_code() is known. Throws
  // usage_error where somebody else has reaped it.
  bool ended(const deadline& limit, const call& where);
  int exit_code() const { return exit_code_.value(); }
  void send_signal(int number, const call& where);

  // The text for the input, if that is captured and there is none yet.
  void give_input(std::string text);
  // Writes and reads until all streams have ended; false: the deadline passed.
  bool pump(const deadline& limit, const call& where);
  // Reads what there is at this moment, and does not wait.
  void drain(const call& where);

 private:
  void reap(const call& where);
  void write_some(const call& where);
  // Returns how many bytes came; at the end `from` is reset.
  static std::size_t read_some(runtime::unique_descriptor& from, std::string& to,
                               const call& where);
  static void drain(runtime::unique_descriptor& from, std::string& to, const call& where);

  std::vector<std::string> arguments_;
  pid_t pid_ = -1;
  bool own_group_ = false;
  runtime::unique_descriptor handle_;
  std::optional<int> exit_code_;
  bool given_ = false;  // there is a text
  std::string text_;
  std::size_t written_ = 0;
};

// poll() that no signal ends before the deadline; how many are ready. Throws resource_error.
int wait_for_descriptors(std::span<pollfd> watched, const deadline& limit, const call& where);

}  // namespace cohort::multiprocessing
