// A rank of the kill campaign: `traffic SEED VICTIM`, and for the victim `traffic SEED VICTIM
// DELAY`, after which many microseconds it kills itself, wherever it is. Prints "killed T" or
// "failed CALLED THROWN": when, in nanoseconds on the steady clock.
#include "death/traffic.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

// One system call, since no thread may die holding the lock of a stream.
void say(const std::string& text) {
  const std::string line = text + "\n";
  if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) std::perror("standard output");
}

// From another thread, so that it hits system calls as well as instructions.
void kill_this_process_after(std::chrono::microseconds delay) {
  std::thread([delay] {
    std::this_thread::sleep_for(delay);
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    say("killed " +
        std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
    ::kill(::getpid(), SIGKILL);
  }).detach();
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seed = std::strtoull(argv[1], nullptr, 10);
  const int victim = std::atoi(argv[2]);
  if (argc > 3) kill_this_process_after(std::chrono::microseconds(std::atoi(argv[3])));
  cohort::environment env(argc, argv);
  cohort::death_test::traffic exchanges(cohort::communicator(), seed, victim);
  exchanges.run();
  const auto failure = exchanges.first_failure();
  say("failed " + std::to_string(failure.called) + " " + std::to_string(failure.thrown));
}
