// Gathers blocks and colours points.
#include "picture.hpp"

#include "common/png.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

constexpr int block_tag = 10;

std::vector<double> without_halo(const field& values) {
  std::vector<double> result;
  for (int row = 0; row < values.rows(); ++row) {
    const auto line = values.row(row);
    result.insert(result.end(), line.begin(), line.end());
  }
  return result;
}

// Black, red, yellow, white.
std::vector<rgb> heat_colours() {
  std::vector<rgb> palette;
  for (int i = 0; i < 256; ++i) {
    const auto ramp = [i](int from) {
      return static_cast<std::uint8_t>(std::clamp(3 * i - from, 0, 255));
    };
    palette.push_back({ramp(0), ramp(255), ramp(510)});
  }
  return palette;
}

// Scales the values to the indices of the palette.
std::vector<std::uint8_t> colour(const std::vector<double>& values) {
  const auto [coldest, hottest] = std::minmax_element(values.begin(), values.end());
  const double scale = *hottest > *coldest ? 255 / (*hottest - *coldest) : 0;
  std::vector<std::uint8_t> pixels;
  pixels.reserve(values.size());
  for (const double value : values) {
    pixels.push_back(static_cast<std::uint8_t>(std::lround((value - *coldest) * scale)));
  }
  return pixels;
}

}  // namespace

void write_picture(const cohort::communicator& world, const decomposition& whole,
                   const field& values, std::ostream& out) {
  std::vector<double> part = without_halo(values);
  if (world.rank() != 0) {
    world.send(0, block_tag, part);
    return;
  }
  const auto points = static_cast<std::size_t>(whole.points());
  std::vector<double> all(points * points);
  for (int rank = 0; rank < world.size(); ++rank) {
    if (rank != 0) world.recv(rank, block_tag, part);
    const block where = whole.block_of(rank);
    auto next = part.begin();
    for (int row = where.rows.begin; row < where.rows.end; ++row) {
      const auto target =
          static_cast<std::size_t>(row) * points + static_cast<std::size_t>(where.columns.begin);
      std::copy_n(next, where.columns.size(), all.begin() + static_cast<std::ptrdiff_t>(target));
      next += where.columns.size();
    }
  }
  const auto side = static_cast<std::uint32_t>(points);
  write_png(out, side, side, colour(all), heat_colours());
}
