// Estimates pi by throwing darts at a square, in a pool of processes, with a progress bar. The
// result depends on the seed alone, not on how many processes there are.
#include "common/option_reader.hpp"
#include "common/progress_bar.hpp"
#include "common/run_alone.hpp"

#include <cohort/cohort.hpp>

#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <numbers>
#include <random>
#include <ranges>

namespace {

constexpr const char* usage =
    "Estimates pi by throwing darts at a square that has a circle in it.\n"
    "usage: monte_carlo [--tasks N] [--darts N] [--workers N] [--seed N] [--progress]\n"
    "  --tasks N    tasks, 1 to 1000000 (default: 400)\n"
    "  --darts N    darts of each task, 1 to 1000000000 (default: 100000)\n"
    "  --workers N  processes, 1 to 256 (default: one for each processor)\n"
    "  --seed N     start of the random numbers (default: 1)\n"
    "  --progress   show the progress even where standard error is no terminal\n"
    "  --help       print this\n"
    "The exit code is 1 if the estimate is further off than chance explains.\n"
    "example: monte_carlo --tasks 5000 --workers 8\n";

struct options {
  std::uint64_t tasks = 400;
  std::uint64_t darts = 100'000;
  std::uint64_t seed = 1;
  int workers = 0;
  bool progress = false;
  bool help = false;
};

options parse_options(int argc, char** argv) {
  options result;
  for (option_reader option(argc, argv); option.next();) {
    if (option == "--tasks") {
      result.tasks = option.number<std::uint64_t>(1, 1'000'000);
    } else if (option == "--darts") {
      result.darts = option.number<std::uint64_t>(1, 1'000'000'000);
    } else if (option == "--workers") {
      result.workers = option.number(1, 256);
    } else if (option == "--seed") {
      result.seed = option.number<std::uint64_t>(0);
    } else if (option == "--progress") {
      result.progress = true;
    } else if (option == "--help") {
      result.help = true;
    } else {
      option.refuse();
    }
  }
  return result;
}

// How many of the darts of a task hit the quarter of a circle in the unit square.
std::uint64_t hits(std::uint64_t darts, std::uint64_t seed, std::uint64_t task) {
  std::seed_seq start{seed, task};
  std::mt19937_64 random(start);
  std::uniform_real_distribution<double> coordinate(0, 1);
  std::uint64_t inside = 0;
  for (std::uint64_t i = 0; i < darts; ++i) {
    const double x = coordinate(random);
    const double y = coordinate(random);
    if (x * x + y * y < 1) ++inside;
  }
  return inside;
}

int run(const options& chosen) {
  cohort::pool workers = chosen.workers == 0 ? cohort::pool() : cohort::pool(chosen.workers);
  std::uint64_t inside = 0;
  {
    progress_bar bar(static_cast<int>(chosen.tasks),
                     chosen.progress || cohort::environment::on_terminal(STDERR_FILENO));
    int done = 0;
    const auto tasks = std::views::iota(std::uint64_t{0}, chosen.tasks);
    for (const std::uint64_t found :
         workers.imap_unordered(cohort::bind(hits, chosen.darts, chosen.seed), tasks)) {
      inside += found;
      bar.update(++done);
    }
  }

  const auto darts = static_cast<double>(chosen.tasks) * static_cast<double>(chosen.darts);
  const double estimate = 4 * static_cast<double>(inside) / darts;
  const double error = std::abs(estimate - std::numbers::pi);
  // A dart hits with probability pi / 4, so this is six standard deviations of the mean.
  const double allowed = 6 * std::sqrt(std::numbers::pi * (4 - std::numbers::pi) / darts);
  const bool good = error <= allowed;
  std::cout << std::setprecision(10) << "pi is about " << estimate << ", by " << darts << " darts\n"
            << std::setprecision(3) << "off by " << error << ", allowed " << allowed
            << (good ? ": passed\n" : ": FAILED\n");
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return run_alone("monte_carlo", usage, argc, argv, parse_options, run);
}
