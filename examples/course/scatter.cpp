// Scatter: the root has a list with an item for each rank, and each rank gets its own. The list has
// ten items, so it takes ten ranks; with another number, see what happens and what to do.
//   cohortrun -n 10 scatter
//   cohortrun -n 3 scatter
#include <cohort/cohort.hpp>

#include <iostream>
#include <numeric>
#include <span>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;
  const int root = 0;
  const std::string name = "rank " + std::to_string(world.rank());

  // Printed by rank 0, to which all ranks pass their lines, so that they stand in order.
  const auto print = [&](const std::string& line) {
    for (const std::string& each : cohort::gather(world, line, 0)) std::cout << each << '\n';
  };

  std::vector<int> items;  // the others' lists are not looked at and may stay empty
  if (world.rank() == root) {
    items.resize(10);
    std::iota(items.begin(), items.end(), 1);
  }

  try {
    const int mine = cohort::scatter<int>(world, items, root);
    print(name + " got " + std::to_string(mine));
    return 0;
  } catch (const cohort::error& mistake) {
    // All ranks learn that the call could not be carried out, and why. No collective goes on after
    // that until the ranks agree to: on a communicator of those that are left, which are all.
    world = world.shrink();
    print(name + ": " + mistake.what());
  }

  // scatterv has blocks of items, whose lengths may differ: these by one at most. Only the root
  // needs to know them.
  std::vector<int> lengths;
  if (world.rank() == root) {
    for (int rank = 0; rank < world.size(); ++rank) {
      lengths.push_back(10 * (rank + 1) / world.size() - 10 * rank / world.size());
    }
  }
  std::string line = name + " got";
  for (const int item : cohort::scatterv(world, std::span(items), lengths, root)) {
    line += " " + std::to_string(item);
  }
  print(line);
}
