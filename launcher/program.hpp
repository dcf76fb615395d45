// Finding the program of a group before anything is started, so that a wrong name is one clear
// error and not one per rank.
#pragma once

#include "launcher/options.hpp"

#include <string>

namespace cohort::launcher {

// A program that can't be started; `exit_code` is the shell's for it (127: not found, 126: found
// but not to be run).
struct program_problem : std::runtime_error {
  program_problem(const std::string& text, int code) : std::runtime_error(text), exit_code(code) {}
  int exit_code;
};

// The path of `name`, as the shell would find it from `directory` (empty: the current one): as it
// stands if it has a slash, in `search_path` (as in PATH) otherwise. Throws program_problem.
std::string find_program(const std::string& name, const std::string& directory,
                         const std::string& search_path);

// Throws program_problem if ranks can't be started in `directory`.
void check_directory(const std::string& directory);

// What a failed execve() means and what to do about it.
program_problem exec_problem(const std::string& program, int error_number);

}  // namespace cohort::launcher
