#include "runtime/names.hpp"

#include <cstdio>
#include <cstring>
#include <iterator>

namespace cohort::runtime {

namespace {

constexpr std::size_t text_bytes = sizeof(name_entry::text);
constexpr std::uint32_t probes = 64;

}  // namespace

void remember_name(arena& memory, std::uint32_t id, std::string_view text) {
  name_entry* names = memory.names();
  if (text.size() > text_bytes) text = text.substr(text.size() - text_bytes);
  for (std::uint32_t i = 0; i < probes; ++i) {
    name_entry& entry = names[(id + i) % name_capacity];
    std::uint32_t owner = entry.hash.load(std::memory_order_acquire);
    if (owner == 0) entry.hash.compare_exchange_strong(owner, id, std::memory_order_acq_rel);
    if (owner != 0 && owner != id) continue;
    // Whoever claimed the entry may have died before it wrote the text, so everyone writes it
    // again where it is not there yet; all write the same words.
    if (entry.text[0].load(std::memory_order_acquire) != 0) return;
    for (std::size_t w = std::size(entry.text); w-- > 0;) {
      std::uint32_t word = 0;
      const std::size_t at = w * sizeof word;
      if (at < text.size()) {
        std::memcpy(&word, text.data() + at, std::min(sizeof word, text.size() - at));
      }
      // The first word goes last and says that the text is whole.
      entry.text[w].store(word, std::memory_order_release);
    }
    return;
  }
}

std::string name_of(const arena& memory, std::uint32_t id) {
  const name_entry* names = memory.names();
  for (std::uint32_t i = 0; i < probes && id != 0; ++i) {
    const name_entry& entry = names[(id + i) % name_capacity];
    const std::uint32_t owner = entry.hash.load(std::memory_order_acquire);
    if (owner == 0) break;
    if (owner != id || entry.text[0].load(std::memory_order_acquire) == 0) continue;
    char text[text_bytes + 1] = {};
    for (std::size_t w = 0; w < std::size(entry.text); ++w) {
      const std::uint32_t word = entry.text[w].load(std::memory_order_relaxed);
      std::memcpy(text + w * sizeof word, &word, sizeof word);
    }
    return text;
  }
  char unknown[16];
  std::snprintf(unknown, sizeof unknown, "#%08x", id);
  return unknown;
}

}  // namespace cohort::runtime
