// What a rank has called, for the reports of others.
#pragma once

#include "collectives/board/post.hpp"
#include "runtime/arena.hpp"

#include <cstdint>
#include <string>

namespace cohort::collectives {

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
