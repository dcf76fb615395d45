// Signals to the launcher, read from a descriptor instead of by handlers.
#pragma once

#include "launcher/descriptor.hpp"

namespace cohort::launcher {

// Blocks the signals that are passed on to ranks, and returns the descriptor that they are read
// from as signalfd_siginfo. Those that the launcher's parent had set to be ignored (nohup, a
// background job without job control) stay ignored, here and in the ranks. Also ignores SIGPIPE: a
// reader that has gone is an error of write(). Throws resource_error.
unique_descriptor take_signals();

}  // namespace cohort::launcher
