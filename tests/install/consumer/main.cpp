// A user's program: each rank gives its left neighbour's apples one more.
#include <cohort/cohort.hpp>

#include <iostream>
#include <map>
#include <string>

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;
  using basket = std::map<std::string, int>;

  basket mine;
  if (world.rank() > 0) mine = world.recv<basket>(world.rank() - 1, 7);
  ++mine["apples"];
  if (world.rank() + 1 < world.size()) world.send(world.rank() + 1, 7, mine);

  std::cout << "rank " + std::to_string(world.rank()) + " of " + std::to_string(world.size()) +
                   " has " + std::to_string(mine["apples"]) + " apple(s)\n";
}
