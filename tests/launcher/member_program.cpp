// A rank for tests of the launcher. It joins the job and does what its arguments say, one after the
// other; "R/action" is for rank R alone:
//
//   say=TEXT  send=R  recv=R  exit=N (at once, without finalizing)  end=N (finalizing)
//   throw=TEXT (out of main)  catch-failure=R (receives from R and says what it threw)
//   signal=N (to itself)  wait (for a signal)
//   await-wait=R (until rank R sleeps in a call)  say-pid=R
//   say-processors (that the ranks may use together, as the job knows it)
//   say-terminals (of its standard streams: t where it is shown on a terminal, else p)
#include <cohort/cohort.hpp>

#include "runtime/member.hpp"
#include "runtime/process.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

void say(const std::string& text) {
  std::puts(text.c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  int exit_code = 0;
  cohort::environment env(argc, argv);
  cohort::communicator world;
  for (int i = 1; i < argc; ++i) {
    std::string action = argv[i];
    if (const auto slash = action.find('/'); slash != std::string::npos) {
      if (std::stoi(action) != world.rank()) continue;
      action.erase(0, slash + 1);
    }
    const auto equals = action.find('=');
    const std::string value = equals == std::string::npos ? "" : action.substr(equals + 1);
    action.resize(std::min(equals, action.size()));
    if (action == "say") {
      say(value);
    } else if (action == "send") {
      world.send(std::stoi(value), 7, 1);
    } else if (action == "recv") {
      world.recv<int>(std::stoi(value), 7);
    } else if (action == "catch-failure") {
      try {
        world.recv<int>(std::stoi(value), 7);
      } catch (const cohort::rank_failed& failure) {
        say("rank_failed " + std::to_string(failure.peer()));
      }
    } else if (action == "exit") {
      std::_Exit(std::stoi(value));
    } else if (action == "end") {
      exit_code = std::stoi(value);
    } else if (action == "throw") {
      throw std::runtime_error(value);
    } else if (action == "signal") {
      ::kill(::getpid(), std::stoi(value));
    } else if (action == "await-wait") {
      const auto memory = cohort::runtime::current_endpoint()->shared_memory();
      const auto rank = static_cast<std::uint32_t>(std::stoi(value));
      // Nobody is told when a rank falls asleep, so look again and again.
      while (!cohort::runtime::describe_wait(*memory, rank)) ::usleep(1000);
    } else if (action == "say-pid") {
      const auto memory = cohort::runtime::current_endpoint()->shared_memory();
      say(std::to_string(memory->member(static_cast<std::uint32_t>(std::stoi(value))).pid.load()));
    } else if (action == "say-processors") {
      const auto memory = cohort::runtime::current_endpoint()->shared_memory();
      say(std::to_string(memory->header().processors));
    } else if (action == "say-terminals") {
      std::string shown;
      for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        shown += cohort::environment::on_terminal(stream) ? 't' : 'p';
      say(shown);
    } else if (action == "wait") {
      ::pause();
    } else {
      say("unknown action " + action);
      return 99;
    }
  }
  return exit_code;
}
