// Looks programs up along PATH and says what is wrong with them.
#include "launcher/program.hpp"

#include "runtime/system.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace cohort::launcher {

namespace {

constexpr int not_found = 127;
constexpr int not_runnable = 126;

std::string in_directory(const std::string& path, const std::string& directory) {
  return path.front() == '/' || directory.empty() ? path : directory + "/" + path;
}

bool is_program(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         ::access(path.c_str(), X_OK) == 0;
}

std::string check_path(const std::string& name, const std::string& directory) {
  const std::string path = in_directory(name, directory);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    const std::string where = directory.empty() ? "" : " (seen from --wdir " + directory + ")";
    if (errno == ENOENT || errno == ENOTDIR) {
      throw program_problem("there is no program " + name + where + "; check the path, or build it",
                            not_found);
    }
    throw program_problem("can't look at " + name + where + ": " + runtime::describe_errno(errno),
                          not_runnable);
  }
  if (S_ISDIR(status.st_mode)) {
    throw program_problem(name + " is a folder; name a program in it", not_runnable);
  }
  if (!is_program(path)) {
    throw program_problem(
        name + " is not executable; if it is a program, `chmod +x " + shell_quoted(name) + "`",
        not_runnable);
  }
  return name;
}

}  // namespace

std::string find_program(const std::string& name, const std::string& directory,
                         const std::string& search_path) {
  if (name.empty()) throw program_problem("the program's name is empty", not_found);
  if (name.find('/') != std::string::npos) return check_path(name, directory);
  for (std::size_t at = 0; at <= search_path.size();) {
    const std::size_t colon = std::min(search_path.find(':', at), search_path.size());
    // An empty entry is the current folder.
    const std::string folder = colon == at ? "." : search_path.substr(at, colon - at);
    std::string path = folder + "/" + name;
    if (is_program(in_directory(path, directory))) return path;
    at = colon + 1;
  }
  const bool here = is_program(in_directory("./" + name, directory));
  throw program_problem("there is no program " + name + " in PATH" +
                            (here ? "; there is one in this folder: write ./" + name
                                  : "; give its path (./" + name + ") or install it"),
                        not_found);
}

void check_directory(const std::string& directory) {
  if (directory.empty()) return;
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) {
    throw program_problem("--wdir " + directory + ": " + runtime::describe_errno(errno) +
                              "; name a folder that exists",
                          not_runnable);
  }
  if (!S_ISDIR(status.st_mode)) {
    throw program_problem("--wdir " + directory + " is not a folder", not_runnable);
  }
  if (::access(directory.c_str(), X_OK) != 0) {
    throw program_problem(
        "--wdir " + directory + " may not be entered: " + runtime::describe_errno(errno),
        not_runnable);
  }
}

program_problem exec_problem(const std::string& program, int error_number) {
  std::string remedy;
  switch (error_number) {
    case ENOENT:
      return {"can't run " + program +
                  ": the interpreter of its #! line, or the loader that it was linked for, is "
                  "missing; see `head -1` or `ldd` of it",
              not_found};
    case ENOEXEC:
      remedy =
          "; it is no program for this machine; if it is a script, give it a first line such "
          "as #!/bin/sh";
      break;
    case E2BIG:
      remedy = "; shorten its arguments or the environment";
      break;
    case ETXTBSY:
      remedy = "; it is being written; wait for the compiler to finish";
      break;
    case EACCES:
      remedy =
          "; check its mode, its interpreter's, and that the file system is not mounted noexec";
      break;
    default:
      break;
  }
  return {"can't run " + program + ": " + runtime::describe_errno(error_number) + remedy,
          not_runnable};
}

}  // namespace cohort::launcher
