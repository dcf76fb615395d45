// The format: RFC 2083 (PNG), RFC 1950 (zlib), RFC 1951 (deflate, of which only stored blocks).
#include "common/png.hpp"

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

namespace {

void append_byte(std::string& to, std::uint32_t value) {
  to += static_cast<char>(value & 0xff);
}

void append_big_endian(std::string& to, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) append_byte(to, value >> shift);
}

// The remainders of all bytes by the polynomial of CRC-32, for a byte at a time.
constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xedb88320u & (0u - (crc & 1)));
    table[byte] = crc;
  }
  return table;
}

std::uint32_t crc32(std::string_view bytes) {
  static constexpr auto table = make_crc_table();
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) crc = (crc >> 8) ^ table[(crc ^ static_cast<std::uint8_t>(c)) & 0xff];
  return ~crc;
}

std::uint32_t adler32(std::string_view bytes) {
  std::uint32_t a = 1;
  std::uint32_t b = 0;
  for (const char c : bytes) {
    a = (a + static_cast<std::uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  return (b << 16) | a;
}

// A zlib stream whose blocks hold the bytes as they are.
std::string zlib_stored(std::string_view bytes) {
  std::string stream = "\x78\x01";  // deflate, 32 KiB window, no dictionary, fastest
  std::string_view left = bytes;
  do {
    const std::string_view block = left.substr(0, 0xffff);
    left.remove_prefix(block.size());
    const auto length = static_cast<std::uint32_t>(block.size());
    append_byte(stream, left.empty() ? 1 : 0);             // the last block?
    for (const std::uint32_t value : {length, ~length}) {  // little-endian
      append_byte(stream, value);
      append_byte(stream, value >> 8);
    }
    stream += block;
  } while (!left.empty());
  append_big_endian(stream, adler32(bytes));
  return stream;
}

void write_chunk(std::ostream& out, std::string_view type, std::string_view data) {
  std::string chunk;
  append_big_endian(chunk, static_cast<std::uint32_t>(data.size()));
  chunk += type;
  chunk += data;
  append_big_endian(chunk, crc32(std::string_view(chunk).substr(4)));  // of all but the length
  out << chunk;
}

}  // namespace

void write_png(std::ostream& out, std::uint32_t width, std::uint32_t height,
               std::span<const std::uint8_t> pixels, std::span<const rgb> palette) {
  std::string header;
  append_big_endian(header, width);
  append_big_endian(header, height);
  append_byte(header, 8);                              // bits for each pixel,
  append_byte(header, 3);                              // which is an index into the palette
  for (int i = 0; i < 3; ++i) append_byte(header, 0);  // deflate, usual filters, not interlaced

  std::string colours;
  for (const rgb& colour : palette) colours.append(colour.begin(), colour.end());

  std::string rows;
  rows.reserve((std::size_t{width} + 1) * height);
  for (std::size_t row = 0; row < height; ++row) {
    append_byte(rows, 0);  // this row's filter: none
    const auto from = pixels.subspan(row * width, width);
    rows.append(from.begin(), from.end());
  }

  out << "\x89PNG\r\n\x1a\n";
  write_chunk(out, "IHDR", header);
  write_chunk(out, "PLTE", colours);
  write_chunk(out, "IDAT", zlib_stored(rows));
  write_chunk(out, "IEND", {});
}
