// `death_member END WAIT…`: rank 1 waits until all others wait in the calls named, rank 0 in the
// first and so on, and then ends as END says. Prints "ended T" before that: when, in nanoseconds on
// the steady clock.
//
//   END: exit=N (without finalizing) | throw | abort=N | signal=N (while it is in a call)
//   WAIT: recv | any_source | barrier | probe | ssend | wait_all
#include <cohort/cohort.hpp>

#include "runtime/member.hpp"
#include "runtime/process.hpp"

#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

constexpr int tag = 7;

void wait_in(const std::string& name, const cohort::communicator& world) {
  if (name == "recv") {
    world.recv<int>(1, tag);
  } else if (name == "any_source") {
    world.recv<int>(cohort::any_source, tag);
  } else if (name == "barrier") {
    world.barrier();
  } else if (name == "probe") {
    world.probe(1, tag);
  } else if (name == "ssend") {
    world.ssend(1, tag, 1);
  } else if (name == "wait_all") {
    std::array<cohort::request, 2> requests{world.irecv(1, tag), world.irecv(1, tag + 1)};
    cohort::wait_all(requests);
  }
}

// Nobody is told when a rank falls asleep, so look again and again.
void await_sleep(const cohort::runtime::arena& memory, int rank) {
  while (!cohort::runtime::describe_wait(memory, static_cast<std::uint32_t>(rank))) ::usleep(1000);
}

void say_end() {
  std::printf("ended %lld\n",
              static_cast<long long>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                         std::chrono::steady_clock::now().time_since_epoch())
                                         .count()));
  std::fflush(stdout);
}

void end_as(const std::string& how, const cohort::communicator& world) {
  const auto equals = how.find('=');
  const std::string name = how.substr(0, equals);
  const int value = equals == std::string::npos ? 0 : std::stoi(how.substr(equals + 1));
  if (name == "signal") {
    std::thread([value, memory = cohort::runtime::current_endpoint()->shared_memory()] {
      await_sleep(*memory, 1);
      say_end();
      ::signal(value, SIG_DFL);  // sanitizers handle crashes
      ::kill(::getpid(), value);
    }).detach();
    world.recv<int>(2, tag + 2);
  }
  say_end();
  if (name == "exit") std::exit(value);
  if (name == "throw") throw std::runtime_error("out of cheese");
  if (name == "abort") cohort::environment::abort(value);
}

}  // namespace

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  const cohort::communicator world;
  if (world.rank() != 1) {
    wait_in(argv[world.rank() == 0 ? 2 : 1 + world.rank()], world);
    return 0;
  }
  const auto memory = cohort::runtime::current_endpoint()->shared_memory();
  for (int rank = 0; rank < world.size(); ++rank) {
    if (rank != 1) await_sleep(*memory, rank);
  }
  end_as(argv[1], world);
}
