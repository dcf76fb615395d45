#include "multiprocessing/callable/module.hpp"

#include <elf.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstring>

namespace cohort::multiprocessing {

namespace {

const ElfW(Phdr) * headers_end(const dl_phdr_info& info) {
  return info.dlpi_phdr + info.dlpi_phnum;
}

// FNV-1a, 64 bits (Fowler, Noll, Vo; RFC 9923).
std::uint64_t hash(std::uint64_t seed, const void* data, std::size_t bytes) {
  const auto* at = static_cast<const unsigned char*>(data);
  for (std::size_t i = 0; i < bytes; ++i) seed = (seed ^ at[i]) * 0x100000001b3;
  return seed;
}

std::uint64_t big_endian(const unsigned char* bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | bytes[i];
  return value;
}

// The build-id in one segment of notes; 0 if it has none.
std::uint64_t build_in_notes(const unsigned char* notes, std::size_t size) {
  const auto padded = [](std::size_t n) { return (n + 3) / 4 * 4; };
  while (size >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) note;
    std::memcpy(&note, notes, sizeof note);
    const std::size_t name = sizeof note;
    const std::size_t content = name + padded(note.n_namesz);
    const std::size_t whole = content + padded(note.n_descsz);
    if (whole > size) return 0;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
        std::memcmp(notes + name, "GNU", 4) == 0 && note.n_descsz >= 8) {
      return big_endian(notes + content);
    }
    notes += whole;
    size -= whole;
  }
  return 0;
}

// A module that was linked without a build-id is known by the sizes and places of its segments,
// which nearly every change of it changes.
std::uint64_t build_of(const dl_phdr_info& info) {
  for (const ElfW(Phdr)* each = info.dlpi_phdr; each != headers_end(info); ++each) {
    if (each->p_type != PT_NOTE) continue;
    const auto* notes = reinterpret_cast<const unsigned char*>(info.dlpi_addr + each->p_vaddr);
    if (const std::uint64_t build = build_in_notes(notes, each->p_memsz)) return build;
  }
  return hash(0xcbf29ce484222325, info.dlpi_phdr, sizeof(ElfW(Phdr)) * info.dlpi_phnum);
}

bool has_address(const dl_phdr_info& info, std::uintptr_t address, ElfW(Word) flags) {
  return std::any_of(info.dlpi_phdr, headers_end(info), [&](const ElfW(Phdr) & each) {
    return each.p_type == PT_LOAD && (each.p_flags & flags) == flags &&
           address - (info.dlpi_addr + each.p_vaddr) < each.p_memsz;
  });
}

// The first module that `is_it` likes.
template <class Predicate>
std::optional<module> find(Predicate is_it) {
  struct search {
    Predicate& is_it;
    std::optional<module> found;
  } looking{is_it, std::nullopt};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* context) -> int {
        auto& look = *static_cast<search*>(context);
        if (!look.is_it(*info)) return 0;
        look.found = module{build_of(*info), info->dlpi_addr, info->dlpi_name};
        return 1;
      },
      &looking);
  return looking.found;
}

}  // namespace

std::string module::name() const {
  if (*path != '\0') return path;
  char target[4096];
  const ssize_t length = ::readlink("/proc/self/exe", target, sizeof target);
  return length > 0 ? std::string(target, static_cast<std::size_t>(length)) : "the program";
}

std::optional<module> module_of(std::uintptr_t address) {
  return find([=](const dl_phdr_info& info) { return has_address(info, address, 0); });
}

std::optional<module> module_of_build(std::uint64_t build) {
  return find([=](const dl_phdr_info& info) { return build_of(info) == build; });
}

bool is_code(std::uintptr_t address) {
  return find([=](const dl_phdr_info& info) { return has_address(info, address, PF_X); })
      .has_value();
}

module program() {
  // Comes first, whatever is loaded.
  return *find([](const dl_phdr_info&) { return true; });
}

std::string build_text(std::uint64_t build) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(build));
  return text;
}

}  // namespace cohort::multiprocessing
