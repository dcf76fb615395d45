// Which signals the launcher takes.
#include "launcher/signals.hpp"

#include <sys/signalfd.h>

#include <csignal>

namespace cohort::launcher {

unique_descriptor take_signals() {
  sigset_t taken;
  ::sigemptyset(&taken);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT}) {
    struct sigaction now {};
    if (::sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) {
      ::sigaddset(&taken, number);
    }
  }
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  if (::sigprocmask(SIG_BLOCK, &taken, nullptr) != 0 ||
      ::sigaction(SIGPIPE, &ignore, nullptr) != 0) {
    throw_system_error("can't set up signals", "see sigprocmask(2)");
  }
  unique_descriptor descriptor(::signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor) throw_system_error("can't make a signal descriptor", "raise `ulimit -n`");
  return descriptor;
}

}  // namespace cohort::launcher
