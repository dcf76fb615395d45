// Where output goes: the launcher's standard output or standard error, written without ever
// blocking the launcher, and without losing a byte while anybody reads.
#pragma once

#include "launcher/event_loop.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace cohort::launcher {

class sink {
 public:
  // `on_change` is called when a backlog has gone or the reader is gone.
  sink(event_loop& loop, int descriptor, std::function<void()> on_change);
  ~sink();
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;

  // Takes the text; what the consumer doesn't take at once is kept.
  void write(std::string_view text);

  std::size_t backlog() const { return pending_.size() - written_; }
  // So much waits that producers should pause.
  bool congested() const { return backlog() > high_water; }
  bool is_terminal() const { return terminal_; }
  // Nobody reads any more (EPIPE); what is written is dropped.
  bool closed() const { return closed_; }

 private:
  static constexpr std::size_t high_water = 1 << 20;
  // How the descriptor is written to.
  enum class manner {
    straight,      // a file: never waits for a consumer
    non_blocking,  // a pipe or terminal through a description of our own
    socket,
    careful,  // another's terminal: small pieces, each when poll says that there is room
  };

  void flush();
  ssize_t write_some();
  void wait_for_room();

  event_loop& loop_;
  int descriptor_;         // the launcher's
  unique_descriptor own_;  // with `non_blocking`
  bool terminal_;
  manner manner_;
  std::function<void()> on_change_;
  std::string pending_;
  std::size_t written_ = 0;  // of pending_
  bool watching_ = false;
  bool closed_ = false;
};

}  // namespace cohort::launcher
