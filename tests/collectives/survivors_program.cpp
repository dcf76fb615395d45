// `collective_survivors SEED DEATHS`, under --on-failure=continue: ranks 1 to DEATHS kill
// themselves at random moments, in the middle of collectives of all sizes. The others shrink their
// communicator after each failure, go on, and check every result. A survivor that sees anything
// else says so and exits with code 1.
#include <cohort/cohort.hpp>

#include "collectives/random_collectives.hpp"

#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using cohort::communicator;
using namespace cohort::test::random_collectives;

constexpr int latest_kill = 30'000;  // microseconds

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(std::string("not so: ") + what);
}

// Calls of all kinds, blocking and behind requests; the same on all ranks of `comm` in lap `lap`.
std::vector<step> plan_of(const communicator& comm, std::uint32_t lap) {
  return make_plan({.seed = lap, .ranks = comm.size(), .rounds = 3, .communicators = false});
}

// After a failure: what is still under way ends too, with its result or the same error.
void finish(call_sequence& sequence) {
  if (const std::exception_ptr problem = sequence.give_up()) {
    try {
      std::rethrow_exception(problem);
    } catch (const cohort::rank_failed&) {
    }
  }
}

void go_on_until(const communicator& world, int left, std::uint32_t seed) {
  communicator comm = world;
  while (comm.size() > left) {
    call_sequence sequence(comm, seed, false);
    try {
      for (std::uint32_t lap = 0;; ++lap) sequence.run(plan_of(comm, seed + lap));
    } catch (const cohort::rank_failed& failure) {
      require(failure.peer() > 0 || comm.size() < world.size(), "a victim has failed");
      finish(sequence);
    }
    comm = comm.shrink();
  }
  // Whoever is left is alive: everything works.
  call_sequence sequence(comm, seed, false);
  for (std::uint32_t lap = 0; lap < 2; ++lap) sequence.run(plan_of(comm, lap));
}

}  // namespace

int main(int argc, char** argv) {
  const cohort::environment env(argc, argv);
  const communicator world;
  const auto seed = static_cast<unsigned>(std::atoi(argv[1]));
  const int deaths = std::atoi(argv[2]);
  try {
    std::thread killer;
    if (world.rank() > 0 && world.rank() <= deaths) {
      std::mt19937 random(seed + static_cast<unsigned>(world.rank()));
      killer = std::thread([delay = random() % latest_kill] {
        std::this_thread::sleep_for(std::chrono::microseconds(delay));
        ::kill(::getpid(), SIGKILL);
      });
      killer.detach();
    }
    go_on_until(world, world.size() - deaths, seed);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "rank %d: %s\n", world.rank(), e.what());
    return 1;
  }
  std::puts("as expected");
}
