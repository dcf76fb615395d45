// Exchanges rows in place and columns as vectors.
#include "halo.hpp"

#include <cohort/nonblocking.hpp>

#include <array>
#include <vector>

namespace {

// A message's tag says which way it goes, so that those of two sides can't be taken for each other.
enum tags { northward, southward, westward, eastward };

}  // namespace

// Starts everything before waiting for anything, so that no order of the ranks can deadlock: had
// each rank to finish its send before it receives, all could wait for each other. Messages to and
// from the null rank, at the edge of the square, are none.
void exchange_halo(const cohort::communicator& world, const block& here, field& values) {
  const int last_row = values.rows() - 1;
  const int last_column = values.columns() - 1;
  auto from_west = world.irecv<std::vector<double>>(here.west, eastward);
  auto from_east = world.irecv<std::vector<double>>(here.east, westward);
  std::array<cohort::request, 6> others = {
      world.irecv(here.north, southward, values.row(-1)),
      world.irecv(here.south, northward, values.row(values.rows())),
      // Borrowed: the rows must not change before the wait.
      world.isend(here.north, northward, values.row(0)),
      world.isend(here.south, southward, values.row(last_row)),
      // Moved in: the copies belong to the requests.
      world.isend(here.west, westward, values.column(0)),
      world.isend(here.east, eastward, values.column(last_column)),
  };
  cohort::wait_all(others);
  if (here.west != cohort::null_rank) values.set_column(-1, from_west.get());
  if (here.east != cohort::null_rank) values.set_column(values.columns(), from_east.get());
}
