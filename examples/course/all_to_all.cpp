// All to all: each rank has an item for each rank, and gets one from each. Seen as a table with a
// row for each rank, the table is transposed.
//   cohortrun -n 5 all_to_all
#include <cohort/cohort.hpp>

#include <cstddef>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;

  std::vector<int> outgoing(static_cast<std::size_t>(world.size()));  // item i goes to rank i
  for (std::size_t i = 0; i < outgoing.size(); ++i) {
    outgoing[i] = (world.rank() + 1) * static_cast<int>(i);
  }
  const std::vector<int> incoming = cohort::all_to_all(world, outgoing);  // item i is from rank i

  // Printed by rank 0, to which all ranks pass their lines, so that they stand in order.
  std::string line = "rank " + std::to_string(world.rank()) + " gave";
  for (const int item : outgoing) line += " " + std::to_string(item);
  line += " and got";
  for (const int item : incoming) line += " " + std::to_string(item);
  for (const std::string& each : cohort::gather(world, line, 0)) std::cout << each << '\n';
}
