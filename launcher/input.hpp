// The launcher's standard input on its way to the ranks that get it.
#pragma once

#include "launcher/event_loop.hpp"

#include <string>
#include <vector>

namespace cohort::launcher {

// Copies standard input into pipes, as fast as the slowest of their readers takes it. A reader that
// ends is left out; the end of the input is the end of the pipes.
class input {
 public:
  explicit input(event_loop& loop) : loop_(loop) {}
  ~input();
  input(const input&) = delete;
  input& operator=(const input&) = delete;

  void add(unique_descriptor pipe);
  void start();
  // No more is read.
  void stop();

 private:
  static constexpr std::size_t portion = 64 * 1024;

  struct receiver {
    unique_descriptor pipe;
    std::size_t taken = 0;  // of portion_
    bool watching = false;
  };

  void read_more();
  void read_now();
  void distribute();
  void drop(receiver& which);
  bool in_background() const;

  event_loop& loop_;
  unique_descriptor own_;  // a non-blocking twin of standard input, where there can be one
  int source_ = STDIN_FILENO;
  std::string portion_;
  std::vector<receiver> receivers_;
  bool watching_source_ = false;
};

}  // namespace cohort::launcher
