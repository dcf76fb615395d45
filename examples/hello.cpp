// The first program: every rank but the last greets the next one, by name.
#include <cohort/cohort.hpp>

#include <iostream>
#include <string>

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;

  const std::string mine = "rank " + std::to_string(world.rank());
  const auto from_left = cohort::shift(world, mine);  // round the ring: the last greets the first
  cohort::ordered(world, [&] { std::cout << mine << " was greeted by " << from_left << std::endl; });
}
