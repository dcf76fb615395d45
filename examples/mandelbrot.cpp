// Draws the Mandelbrot set: the processes of a pool write their rows into one picture in shared
// memory, so that nothing but the number of a row goes to them and nothing comes back.
#include "common/option_reader.hpp"
#include "common/png.hpp"
#include "common/run_alone.hpp"

#include <cohort/cohort.hpp>

#include <algorithm>
#include <cerrno>
#include <complex>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <ranges>
#include <string>
#include <system_error>
#include <vector>

namespace {

constexpr const char* usage =
    "Draws the Mandelbrot set.\n"
    "usage: mandelbrot [--size N] [--workers N] [--output FILE]\n"
    "  --size N       height of the picture in points, 2 to 20000 (default: 400)\n"
    "  --workers N    processes, 1 to 256 (default: one for each processor)\n"
    "  --output FILE  where to write it, as a PNG image (default: mandelbrot.png)\n"
    "  --help         print this\n"
    "example: mandelbrot --size 2000 --output set.png\n";

struct options {
  int size = 400;
  int workers = 0;
  std::string output = "mandelbrot.png";
  bool help = false;
};

options parse_options(int argc, char** argv) {
  options result;
  for (option_reader option(argc, argv); option.next();) {
    if (option == "--size") {
      result.size = option.number(2, 20'000);
    } else if (option == "--workers") {
      result.workers = option.number(1, 256);
    } else if (option == "--output") {
      result.output = option.value();
    } else if (option == "--help") {
      result.help = true;
    } else {
      option.refuse();
    }
  }
  return result;
}

// The part of the plane that is drawn: real parts from -2.25 to 0.75, imaginary from -1 to 1.
constexpr double left = -2.25;
constexpr double top = 1;
int width_of(int height) {
  return height + height / 2;
}

constexpr int most_steps = 255;

// After how many steps z -> z^2 + c leaves the circle of radius 2; most_steps: it does not.
std::uint8_t steps_to_escape(std::complex<double> c) {
  std::complex<double> z;
  int steps = 0;
  while (steps < most_steps && std::norm(z) <= 4) {
    z = {z.real() * z.real() - z.imag() * z.imag() + c.real(), 2 * z.real() * z.imag() + c.imag()};
    ++steps;
  }
  return static_cast<std::uint8_t>(steps);
}

using picture = cohort::shared_span<std::uint8_t>;

void draw_row(const picture& pixels, int height, int row) {
  const int width = width_of(height);
  const double point = 2.0 / height;
  for (int column = 0; column < width; ++column) {
    const std::complex<double> c(left + (column + 0.5) * point, top - (row + 0.5) * point);
    pixels[static_cast<std::size_t>(row) * static_cast<std::size_t>(width) +
           static_cast<std::size_t>(column)] = steps_to_escape(c);
  }
}

// From blue over white to brown for what escapes, black for the set.
std::vector<rgb> colours() {
  std::vector<rgb> palette;
  for (int steps = 0; steps < most_steps; ++steps) {
    const int light = std::min(255, 8 * steps);
    const int dark = std::clamp(510 - 4 * steps, 40, 255);
    palette.push_back({static_cast<std::uint8_t>(std::min(light, 255)),
                       static_cast<std::uint8_t>(std::min(light, dark)),
                       static_cast<std::uint8_t>(std::min(60 + light, dark))});
  }
  palette.push_back({0, 0, 0});
  return palette;
}

int run(const options& chosen) {
  // Before the work, since it would be in vain if the picture can't be written.
  std::ofstream file(chosen.output, std::ios::binary);
  const auto check = [&] {
    if (!file.flush()) {
      throw std::system_error(errno, std::generic_category(), chosen.output + " can't be written");
    }
  };
  check();

  const int width = width_of(chosen.size);
  picture pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(chosen.size));
  const cohort::timer clock;
  {
    cohort::pool workers = chosen.workers == 0 ? cohort::pool() : cohort::pool(chosen.workers);
    workers.map(cohort::bind(draw_row, pixels, chosen.size), std::views::iota(0, chosen.size));
  }
  const double seconds = clock.elapsed();

  write_png(file, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(chosen.size),
            pixels.span(), colours());
  check();
  const auto inside = std::count(pixels.begin(), pixels.end(), most_steps);
  std::cout << width << " x " << chosen.size << " points in " << seconds << " s, " << inside
            << " in the set: " << chosen.output << '\n';
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_alone("mandelbrot", usage, argc, argv, parse_options, run);
}
