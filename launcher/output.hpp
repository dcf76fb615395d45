// What ranks write, line by line: lines of different ranks never mix.
#pragma once

#include "launcher/event_loop.hpp"
#include "launcher/sink.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cohort::launcher {

// Gathers the ranks' output pipes and passes whole lines on. A line that is not finished (a prompt)
// is passed on after a silence, or when it gets too long to keep. While a rank is in the middle of
// a long line, the others' lines wait; where another rank's line follows an unfinished one after
// all, it starts on a new line. On a terminal, each drawing of a line that is drawn over itself is
// passed on when the next one begins. Nothing is lost: when the consumer is slow, ranks' pipes fill
// up.
class output {
 public:
  enum class channel : std::uint8_t { standard_output, standard_error };

  // `tagged`: each line starts with "[1,rank]<stdout>:", as mpirun's do.
  output(event_loop& loop, bool tagged);
  ~output();

  // Reads a rank's output from a pipe.
  void add(std::uint32_t rank, channel which, unique_descriptor pipe);

  // A message of the launcher's own to standard error; ends with a newline.
  void message(std::string_view text);

  // Reads what a rank has written so far, for a report about it that is to come afterwards.
  void catch_up(std::uint32_t rank);

  // Nobody holds the ranks' ends any more: what is in the pipes is all.
  void writers_are_gone();

  // Everything is read and written.
  bool finished() const;
  // The reader of the standard output has gone (as `head` does).
  bool abandoned() const { return sinks_[0]->closed(); }

 private:
  static constexpr std::size_t longest_wait = 64 * 1024;  // bytes of a line kept back
  static constexpr std::chrono::milliseconds silence{200};

  struct stream {
    std::uint32_t rank;
    channel which;
    unique_descriptor pipe;
    std::string kept;  // read and not yet passed on
    event_loop::clock::time_point last_read;
    std::optional<event_loop::timer> quiet_timer;
    bool watching = false;
    bool ended = false;  // nothing more will come from the pipe
  };
  // What the consumer of a sink has seen last.
  struct tail {
    const stream* unfinished = nullptr;  // whose line is not finished; nullptr: none
    stream* owner = nullptr;             // of a long line that goes on: the others wait
  };

  sink& sink_of(const stream& s) { return *sinks_[static_cast<std::size_t>(s.which)]; }
  tail& tail_of(const stream& s) { return *tails_[static_cast<std::size_t>(s.which)]; }

  void read(stream& s);
  void pass_on(stream& s);
  void pass_on_those_that_wait();
  void emit(stream& s, std::size_t length);
  void when_quiet(stream& s);
  void start_quiet_timer(stream& s);
  void watch_or_pause(stream& s);
  void close(stream& s);
  void close_abandoned();

  event_loop& loop_;
  bool tagged_;
  bool writers_gone_ = false;
  // Standard output and error; one object where both are the same pipe, file or terminal.
  std::shared_ptr<sink> sinks_[2];
  std::shared_ptr<tail> tails_[2];
  std::vector<std::unique_ptr<stream>> streams_;
};

}  // namespace cohort::launcher
