// Broadcast: one rank, the root, has a value; afterwards all ranks have it.
//   cohortrun -n 10 broadcast
#include <cohort/cohort.hpp>

#include <iostream>
#include <string>

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;
  const int root = 0;

  int value = world.rank() == root ? 100 : 0;
  const int before = value;
  // Collective: all ranks make the same call, the root and those that receive.
  cohort::broadcast(world, value, root);

  // Printed by rank 0, to which all ranks pass their lines, so that they stand in order.
  const std::string line = "rank " + std::to_string(world.rank()) + " had " +
                           std::to_string(before) + " and has " + std::to_string(value);
  for (const std::string& each : cohort::gather(world, line, 0)) std::cout << each << '\n';
}
