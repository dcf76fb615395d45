// What the ranks of a collective call must agree on, and a hash of it.
#pragma once

#include <cohort/detail/collective.hpp>

#include <cstdint>

namespace cohort::collectives {

// Stands for the bytes of a block that each rank knows of its own only.
inline constexpr std::uint64_t not_uniform = ~std::uint64_t{0};

// Bytes of a block where all ranks know them, not_uniform otherwise.
inline std::uint64_t block_bytes(const detail::collective_call& part) {
  if (!part.uniform) return not_uniform;
  // A rank that only gives, or only gets, may leave the other layout empty.
  return part.given.layout.each != 0 ? part.given.layout.each : part.got.layout.each;
}
// Operations in which one rank is special.
constexpr bool has_root(detail::collective what) {
  return what == detail::collective::broadcast || what == detail::collective::scatter ||
         what == detail::collective::gather || what == detail::collective::reduce;
}

// The operation; blocking and non-blocking calls of it do not belong together.
constexpr std::uint32_t kind_of(detail::collective what, bool blocking) {
  return 2 * static_cast<std::uint32_t>(what) + (blocking ? 0 : 1);
}

// Equal on two ranks that call the same: a hash of operation, root, bytes, type and operator.
inline std::uint32_t signature_of(const detail::collective_call& part, bool blocking = true) {
  const std::uint64_t what = kind_of(part.what, blocking) + 1;
  const std::uint64_t root = has_root(part.what) ? static_cast<std::uint32_t>(part.root) : 0;
  const std::uint64_t type = part.type ? part.type->id : 0;
  const std::uint64_t op = part.op ? part.op->id : 0;
  // Odd constants of high entropy: fractions of the golden ratio and of square roots.
  std::uint64_t hash = (what << 32 | root) * 0x9e3779b97f4a7c15;
  hash = (hash ^ hash >> 29 ^ block_bytes(part)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ hash >> 32 ^ (type << 32 | op)) * 0x94d049bb133111eb;
  return static_cast<std::uint32_t>(hash >> 32);
}
// Of a sequence of calls, from that of all but the last.
constexpr std::uint32_t chained(std::uint32_t before, std::uint32_t last) {
  const std::uint32_t mixed = (before ^ last) * 0x9e3779b1u;
  return mixed ^ mixed >> 15;
}

}  // namespace cohort::collectives
