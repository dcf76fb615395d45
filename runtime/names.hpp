// The arena's table of names: text that other processes' reports print, under a 32-bit hash.
#pragma once

#include "runtime/arena.hpp"

#include <string>
#include <string_view>

namespace cohort::runtime {

// FNV-1a; 0 is never returned, since it marks a free entry.
constexpr std::uint32_t name_hash(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash ? hash : 1;
}

// Makes `text` known under `id`; long text keeps its end, which for a path is what tells. Costs a
// look where it is known already. A full table forgets: reports then show the id.
void remember_name(arena& memory, std::uint32_t id, std::string_view text);
// The text, or "#1a2b3c4d" where the id is unknown.
std::string name_of(const arena& memory, std::uint32_t id);

}  // namespace cohort::runtime
