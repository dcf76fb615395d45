// A job as its starter sees it: the arena, what the members say of themselves, and the news of
// their deaths. The launcher holds one; so does the header that runs ranks as threads.
#pragma once

#include "runtime/arena.hpp"
#include "runtime/layout.hpp"
#include "runtime/member.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace cohort::runtime {

class job {
 public:
  struct options {
    std::uint32_t ranks = 1;
    std::string host;              // as reports name it
    std::uint32_t processors = 1;  // that the ranks may use together
  };

  // Makes the arena, an unnamed memfd. Throws start_error when there are too many ranks,
  // setting_error for a wrong COHORT_ variable, resource_error when the kernel refuses.
  static job create(const options& wanted);

  std::uint32_t ranks() const;
  const std::shared_ptr<arena>& memory() const { return memory_; }
  // The memfd; close-on-exec, so a starter clears that flag (or dups it) in the child.
  int descriptor() const { return memory_->descriptor(); }

  // The value of the variable COHORT_JOB for a rank whose process inherits the arena as
  // `arena_descriptor` and the write end of the control pipe as `control_descriptor` (-1: none).
  // The rank takes the variable out of its environment and closes both on exec.
  std::string start_variable(std::uint32_t rank, int arena_descriptor,
                             int control_descriptor) const;

  // Says that what is written to this pipe, a rank's standard output or error to be, is shown on a
  // terminal. Before the rank is started.
  void show_on_terminal(std::uint32_t rank, int standard_descriptor, int pipe);

  member_state state(std::uint32_t rank) const;
  // The pid that claimed the rank's slot; 0 before. Differs from the started process's where a
  // wrapper (a shell, a debugger) stands between.
  std::int32_t pid(std::uint32_t rank) const;
  // what() of the exception that ended it, empty if none.
  std::string last_words(std::uint32_t rank) const;
  // What the rank waits for, for a report; nothing where it is in no blocking call that it has
  // slept in.
  std::optional<seen_wait> waiting(std::uint32_t rank) const;

  // A rank has called abort(): when it has ended, the job is to end, whatever happens after other
  // failures.
  bool aborted() const;

  // Says once and for all that the rank's process has ended: its peers' calls see it from now on.
  // `wait_status` is waitpid's. A process that finalized stays finalized. Call it before the
  // process is reaped (waitid with WNOWAIT shows that it ended): until then its pid cannot be
  // another's. May be called again.
  void publish_death(std::uint32_t rank, int wait_status);

 private:
  explicit job(std::shared_ptr<arena> memory) : memory_(std::move(memory)) {}
  std::shared_ptr<arena> memory_;
};

// What a rank writes to the control pipe when it has claimed its slot: one write, so that the
// messages of several ranks don't mix.
struct joined_message {
  std::uint32_t rank;
  std::int32_t pid;
};

}  // namespace cohort::runtime
