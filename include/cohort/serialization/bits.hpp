// Archive codecs of packed bits: vector<bool> and bitset, eight to the byte, lowest first.
#pragma once

#include <cohort/serialization/product.hpp>

#include <bitset>
#include <cstddef>
#include <vector>

namespace cohort::detail {

// `bits` is anything indexable by number.
template <class Bits>
void encode_bits(packed_oarchive& archive, const Bits& bits, std::size_t count) {
  archive.expect((count + 7) / 8);
  for (std::size_t first = 0; first < count; first += 8) {
    unsigned byte = 0;
    for (std::size_t i = first; i < count && i < first + 8; ++i) {
      byte |= static_cast<unsigned>(bits[i]) << (i - first);
    }
    const auto packed = static_cast<std::byte>(byte);
    archive.save_binary(&packed, 1);
  }
}

template <class Bits>
void decode_bits(packed_iarchive& archive, Bits& bits, std::size_t count, const char* what) {
  const std::byte* const bytes = archive.take(count / 8 + (count % 8 != 0), what);
  for (std::size_t i = 0; i < count; ++i) {
    bits[i] = (static_cast<unsigned>(bytes[i / 8]) >> (i % 8) & 1u) != 0;
  }
}

template <class Allocator>
struct codec<std::vector<bool, Allocator>> {
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return fixed_string("vector<bool>"); }

  static void encode(packed_oarchive& archive, const std::vector<bool, Allocator>& value) {
    archive.save_length(value.size());
    encode_bits(archive, value, value.size());
  }
  static void decode(packed_iarchive& archive, std::vector<bool, Allocator>& value) {
    const std::uint64_t count = archive.load_number("vector<bool>");
    if (count / 8 > archive.remaining()) {
      throw_malformed("vector<bool> claims " + std::to_string(count) + " bits, " +
                      std::to_string(archive.remaining()) + " bytes are left");
    }
    value.resize(static_cast<std::size_t>(count));
    decode_bits(archive, value, value.size(), "vector<bool>");
  }
};

template <std::size_t N>
struct codec<std::bitset<N>> {
  static constexpr std::size_t minimum_size = N / 8 + (N % 8 != 0);
  static consteval auto signature() { return "bitset<" + decimal<N>() + ">"; }

  static void encode(packed_oarchive& archive, const std::bitset<N>& value) {
    encode_bits(archive, value, N);
  }
  static void decode(packed_iarchive& archive, std::bitset<N>& value) {
    decode_bits(archive, value, N, signature_text<std::bitset<N>>.text);
  }
};

template <>
struct codec<std::bitset<0>> {
  static constexpr std::size_t minimum_size = 1;
  static consteval auto signature() { return fixed_string("bitset<0>"); }
  static void encode(packed_oarchive& archive, const std::bitset<0>&) { encode_nothing(archive); }
  static void decode(packed_iarchive& archive, std::bitset<0>&) {
    decode_nothing(archive, "bitset<0>");
  }
};

}  // namespace cohort::detail
