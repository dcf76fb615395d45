// What a rank has called: as a hash, to be compared, and as words for reports.
#pragma once

#include <cohort/detail/collective.hpp>

#include "collectives/post.hpp"
#include "runtime/arena.hpp"

#include <cstdint>
#include <string>

namespace cohort::collectives {

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

// A claim as it was at one moment.
struct claimed {
  std::uint32_t kind = 0;
  std::uint32_t operation = 0;
  std::uint32_t type = 0;
  std::uint32_t type_size = 0;
  std::uint32_t op = 0;
  std::uint32_t file = 0;
  std::uint32_t line = 0;
  std::int32_t root = -1;
  std::uint64_t bytes = 0;

  // Whether both are the same call, from whatever line.
  bool agrees(const claimed& other) const {
    return kind == other.kind && type == other.type && op == other.op && root == other.root &&
           bytes == other.bytes;
  }
};

void write_claim(claim& mine, std::uint32_t number, const claimed& what);
// False if the claim is not, or no more, that of call `number`.
bool read_claim(const claim& theirs, std::uint32_t number, claimed& what);
// "broadcast(root 0, 8 bytes of double) at a.cpp:10"
std::string describe(const runtime::arena& memory, const claimed& what);

}  // namespace cohort::collectives
