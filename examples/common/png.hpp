// Writes PNG images without a library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>

using rgb = std::array<std::uint8_t, 3>;

// An image of width * height pixels, row by row from the top, each an index into the palette of up
// to 256 colours. Not compressed. Precondition: width and height are from 1 to 30,000.
void write_png(std::ostream& out, std::uint32_t width, std::uint32_t height,
               std::span<const std::uint8_t> pixels, std::span<const rgb> palette);
