// What /proc says about a process in one line.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace cohort::multiprocessing {

struct proc_stat {
  std::string name;  // of its program, 15 characters at most
  char state = '?';
  pid_t parent = 0;
  std::uint64_t user_ticks = 0;
  std::uint64_t system_ticks = 0;
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  // since the machine started: with its number, a process's name
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_pages = 0;
};

// Nothing where there is no such process.
std::optional<proc_stat> read_proc_stat(pid_t process);

// All of a file in the folder /proc/<process>; nothing where it can't be read.
std::optional<std::string> read_proc_file(pid_t process, const char* file);

}  // namespace cohort::multiprocessing
