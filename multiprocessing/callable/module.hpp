// The modules of this process, the program and its shared libraries, by the builds that they are.
#pragma once

#include <cohort/detail/code_place.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace cohort::multiprocessing {

struct module {
  std::uint64_t build;  // the first 8 bytes of its build-id, which the linker makes of its contents
  std::uintptr_t base;  // what offsets are counted from
  const char* path;     // of its file, while it is loaded; empty: the program
  std::string name() const;
};

// The module that has this address in a segment of its own.
std::optional<module> module_of(std::uintptr_t address);
std::optional<module> module_of_build(std::uint64_t build);
// Whether this address is in a segment of a module that may be executed.
bool is_code(std::uintptr_t address);
// The program itself.
module program();

// "3f8e0c5a11d2b794", as the tools that show build-ids begin it.
std::string build_text(std::uint64_t build);

}  // namespace cohort::multiprocessing
