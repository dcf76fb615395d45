// Small texts about the system.
#include "launcher/system_text.hpp"

#include <sys/utsname.h>
#include <sys/wait.h>

#include <cstring>

namespace cohort::launcher {

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name ? std::string("SIG") + name : "signal " + std::to_string(signal);
}

std::string ending_text(int wait_status) {
  if (!WIFSIGNALED(wait_status)) {
    return "exited with code " + std::to_string(WEXITSTATUS(wait_status));
  }
  const int signal = WTERMSIG(wait_status);
  const char* description = ::sigdescr_np(signal);
  return "died of " + signal_name(signal) + (description ? std::string(" (") + description : "") +
         (WCOREDUMP(wait_status) ? ", core dumped)" : ")");
}

int exit_code_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

std::string host_name() {
  utsname system{};
  return ::uname(&system) == 0 ? system.nodename : "localhost";
}

}  // namespace cohort::launcher
