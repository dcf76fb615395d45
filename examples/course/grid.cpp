// Grid: ranks that stand in rows and columns and know their neighbours, once with borders and once
// without: there, the last one's neighbour is the first.
//   cohortrun -n 4 grid
#include <cohort/cohort.hpp>

#include <iostream>
#include <string>

namespace {

// Beyond a border is the null rank: what is sent to it vanishes, and what is received from it is
// there at once and empty, so that programs need no case of their own for borders.
std::string name(int rank) {
  return rank == cohort::null_rank ? "nobody" : std::to_string(rank);
}

void show_neighbors(const cohort::communicator& world, bool periodic) {
  // Two dimensions; 0 leaves the number of rows and of columns to the library: 2 and 2 for 4 ranks.
  const cohort::cartesian_topology rows_and_columns{{0, periodic}, {0, periodic}};
  const cohort::cartesian_communicator grid(world, rows_and_columns);
  const auto place = grid.coordinates(grid.rank());

  // If all passed something on to the next row, from whom would it come, and to whom would it go?
  const auto [up, down] = grid.shifted_ranks(0, 1);
  const auto [left, right] = grid.shifted_ranks(1, 1);

  const std::string line = "rank " + std::to_string(grid.rank()) + " in row " +
                           std::to_string(place[0]) + ", column " + std::to_string(place[1]) +
                           ": up " + name(up) + ", down " + name(down) + ", left " + name(left) +
                           ", right " + name(right);
  if (grid.rank() == 0) {
    const auto dimensions = grid.topology();
    std::cout << dimensions[0].size << " x " << dimensions[1].size << " ranks, "
              << (periodic ? "periodic" : "with borders") << '\n';
  }
  for (const std::string& each : cohort::gather(grid, line, 0)) std::cout << each << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  cohort::environment env(argc, argv);
  cohort::communicator world;
  show_neighbors(world, false);
  show_neighbors(world, true);
}
