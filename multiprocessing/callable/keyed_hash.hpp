// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) of three words.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace cohort::multiprocessing {

inline std::uint64_t keyed_hash(std::uint64_t key, const std::array<std::uint64_t, 3>& words) {
  // The key has 128 bits in the paper; here both halves are made of the one that a job has.
  const std::uint64_t other = std::rotl(key, 32) ^ 0x9e3779b97f4a7c15;
  std::uint64_t a = key ^ 0x736f6d6570736575, b = other ^ 0x646f72616e646f6d;
  std::uint64_t c = key ^ 0x6c7967656e657261, d = other ^ 0x7465646279746573;
  const auto round = [&] {
    a += b, b = std::rotl(b, 13) ^ a, a = std::rotl(a, 32);
    c += d, d = std::rotl(d, 16) ^ c;
    a += d, d = std::rotl(d, 21) ^ a;
    c += b, b = std::rotl(b, 17) ^ c, c = std::rotl(c, 32);
  };
  const auto take = [&](std::uint64_t word) {
    d ^= word;
    round(), round();
    a ^= word;
  };
  for (const std::uint64_t word : words) take(word);
  take(std::uint64_t{sizeof words} << 56);
  c ^= 0xff;
  for (int i = 0; i < 4; ++i) round();
  return a ^ b ^ c ^ d;
}

}  // namespace cohort::multiprocessing
