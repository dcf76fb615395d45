// Heat spreads over a square plate: each rank computes a block of it and exchanges the borders with
// its neighbours before each step. The result is checked against the exact solution.
#include "common/progress_bar.hpp"
#include "common/run_on_ranks.hpp"
#include "decomposition.hpp"
#include "equation.hpp"
#include "field.hpp"
#include "options.hpp"
#include "picture.hpp"

#include <cohort/cohort.hpp>

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iostream>
#include <string>
#include <system_error>
#include <utility>

namespace {

constexpr int error_tag = 11;

[[noreturn]] void throw_not_written(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), "can't write '" + path + "'");
}

field solve(const cohort::cartesian_communicator& grid, const equation& heat, const block& here,
            const options& chosen) {
  field now = heat.exact(here, 0);
  field next(now.rows(), now.columns());
  // Neighbours are never more than a step apart, so that rank 0's progress is everybody's.
  progress_bar bar(
      chosen.steps,
      grid.rank() == 0 && (chosen.progress || cohort::environment::on_terminal(STDERR_FILENO)));
  for (int step = 1; step <= chosen.steps; ++step) {
    cohort::exchange_halo(grid, now.all(), now.layout());
    equation::step(now, next);
    std::swap(now, next);
    bar.update(step);
  }
  return now;
}

// The greatest error of all ranks; on rank 0.
double greatest_of_all(const cohort::communicator& world, double error) {
  if (world.rank() != 0) world.send(0, error_tag, error);
  for (int rank = 1; world.rank() == 0 && rank < world.size(); ++rank) {
    error = greater_error(error, world.recv<double>(rank, error_tag));
  }
  return error;
}

// Returns the exit code.
int run(const cohort::communicator& world, const options& chosen) {
  const decomposition whole(world.size(), chosen.size);
  const block here = whole.block_of(world.rank());
  const cohort::cartesian_communicator grid(
      world, cohort::cartesian_topology{{whole.grid_rows()}, {whole.grid_columns()}});
  const equation heat(chosen.size);

  // Before the work, since it would be in vain if the picture can't be written.
  std::ofstream picture;
  if (world.rank() == 0 && !chosen.output.empty()) {
    picture.open(chosen.output, std::ios::binary);
    if (!picture) throw_not_written(chosen.output);
  }

  const cohort::timer clock;
  const field result = solve(grid, heat, here, chosen);
  const double seconds = clock.elapsed();
  const double time = chosen.steps * heat.time_step();
  const double error = greatest_of_all(world, max_difference(result, heat.exact(here, time)));

  if (!chosen.output.empty()) {
    write_picture(world, whole, result, picture);
    if (world.rank() == 0 && !picture.flush()) throw_not_written(chosen.output);
  }
  if (world.rank() != 0) return 0;

  const bool good = error <= heat.tolerance();
  std::cout << chosen.size << " x " << chosen.size << " points on " << whole.grid_rows() << " x "
            << whole.grid_columns() << " ranks, " << chosen.steps << " steps to time " << time
            << " in " << seconds << " s\n"
            << "greatest error " << error << ", allowed " << heat.tolerance()
            << (good ? ": passed\n" : ": FAILED\n");
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return run_on_ranks("heat2d", usage, argc, argv, parse_options, run);
}
