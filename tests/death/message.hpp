// Messages whose every word is a function of who sent it, when, and where it stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cohort::death_test {

using words = std::vector<std::uint64_t>;

// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}
constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return mix(a ^ mix(b));
}

// The first word of message number `index` that `source` sends in a round; never 0, so that a
// buffer of zeros is no message.
constexpr std::uint64_t first_word(int source, std::uint64_t round, std::size_t index) {
  return mix(mix(static_cast<std::uint64_t>(source), round), index) | 1;
}

inline words make_message(int source, std::uint64_t round, std::size_t index, std::size_t length) {
  words message(length);
  const std::uint64_t first = first_word(source, round, index);
  for (std::size_t i = 0; i < length; ++i) message[i] = first + i * 0x9e3779b97f4a7c15;
  return message;
}

inline bool intact(const words& message, int source, std::uint64_t round, std::size_t index) {
  const std::uint64_t first = first_word(source, round, index);
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] != first + i * 0x9e3779b97f4a7c15) return false;
  }
  return true;
}

}  // namespace cohort::death_test
