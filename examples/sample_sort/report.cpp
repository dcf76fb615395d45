// Sets the table.
#include "report.hpp"

#include <cohort/collectives.hpp>

#include <algorithm>
#include <iomanip>
#include <numeric>
#include <ostream>
#include <span>
#include <vector>

namespace {

void print_balance(std::ostream& out, const std::vector<std::size_t>& shares) {
  const auto [least, most] = std::minmax_element(shares.begin(), shares.end());
  const auto all = std::accumulate(shares.begin(), shares.end(), std::size_t{0});
  out << "keys a rank: " << *least << " to " << *most;
  if (all > 0) {
    const double even = static_cast<double>(all) / static_cast<double>(shares.size());
    out << ", the most being " << std::setprecision(3) << static_cast<double>(*most) / even
        << " times an even share";
  }
  out << '\n';
}

}  // namespace

void print_report(const cohort::communicator& world, std::ostream& out,
                  const phase_seconds& seconds, std::size_t sorted_keys) {
  const int root = 0;
  const auto least = cohort::reduce(world, std::span(seconds), cohort::minimum<>(), root);
  const auto most = cohort::reduce(world, std::span(seconds), cohort::maximum<>(), root);
  const auto shares = cohort::gather(world, sorted_keys, root);
  if (world.rank() != root) return;

  out << std::fixed << std::setprecision(3) << "phase             fastest   slowest rank\n";
  for (std::size_t i = 0; i < phases.size(); ++i) {
    out << std::left << std::setw(16) << phases[i] << std::right << std::setw(7) << least[i] << " s"
        << std::setw(8) << most[i] << " s\n";
  }
  print_balance(out, shares);
}
