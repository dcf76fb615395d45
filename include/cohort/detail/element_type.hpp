// The element type of a payload, as the envelope carries it.
#pragma once

#include <cstdint>

namespace cohort::detail {

// `id` is a hash of the canonical signature text (never compiler-dependent type text), equal in
// every program that spells the same signature. Two ids are special: raw bytes and packed archives
// match any type.
struct element_type {
  std::uint32_t id;
  std::uint32_t size;  // bytes per element; 1 for raw bytes, packed archives and serialized values
  const char* name;    // the signature for people: "double", "pair<int32, double>"
};

inline constexpr std::uint32_t raw_bytes_id = 1;
inline constexpr std::uint32_t packed_archive_id = 2;

constexpr bool matches_anything(std::uint32_t id) {
  return id == raw_bytes_id || id == packed_archive_id;
}

}  // namespace cohort::detail
