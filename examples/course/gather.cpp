// Gather: each rank has a value; afterwards the root has all of them, in the order of the ranks.
//   cohortrun -n 5 gather
#include <cohort/cohort.hpp>

#include <iostream>
#include <vector>

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;
  const int root = 0;

  const int number = world.rank() + 1;
  const std::vector<int> squares = cohort::gather(world, number * number, root);

  // Empty elsewhere: only the root gets a result. (all_gather gives it to all.)
  if (world.rank() == root) {
    std::cout << "rank " << root << " gathered";
    for (const int square : squares) std::cout << ' ' << square;
    std::cout << '\n';
  }
}
