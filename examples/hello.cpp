// The first program: every rank greets the next one, and the last the first.
#include <cohort/cohort.hpp>

#include <iostream>
#include <string>

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;

  const std::string mine = "rank " + std::to_string(world.rank());
  const auto left = cohort::shift(world, mine);
  cohort::ordered(world, [&] { std::cout << mine << " was greeted by " << left << std::endl; });
}
