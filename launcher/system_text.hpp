// Small texts about the system: names of signals, how a process ended, the host.
#pragma once

#include <string>

namespace cohort::launcher {

// "SIGSEGV", or "signal 40".
std::string signal_name(int signal);

// "exited with code 3" or "died of SIGSEGV (Segmentation fault)", for a status of waitpid's.
std::string ending_text(int wait_status);

// The shell's number for it: the exit code, or 128 + the signal.
int exit_code_of(int wait_status);

std::string host_name();

}  // namespace cohort::launcher
