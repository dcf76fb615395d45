// Searches many files for a pattern, in a pool of processes. What is found is printed as it comes,
// whichever file it is in.
#include "common/option_reader.hpp"
#include "common/run_alone.hpp"

#include <cohort/cohort.hpp>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <regex>
#include <string>
#include <system_error>
#include <vector>

namespace {

constexpr const char* usage =
    "Prints the lines of files that match a pattern, as FILE:NUMBER:LINE.\n"
    "usage: log_search [--workers N] PATTERN [PATH]...\n"
    "  PATTERN      an extended regular expression, as grep -E takes them\n"
    "  PATH         files, and folders to look for files in (default: /var/log)\n"
    "  --workers N  processes, 1 to 256 (default: one for each processor)\n"
    "  --help       print this\n"
    "The exit code is 1 if no line matches, 2 if a file can't be read.\n"
    "example: log_search 'error|failed' /var/log /usr/share/doc\n";

struct options {
  std::string pattern;
  std::vector<std::string> paths;
  int workers = 0;
  bool help = false;
};

options parse_options(int argc, char** argv) {
  options result;
  bool have_pattern = false;
  for (option_reader option(argc, argv); option.next();) {
    if (option == "--workers") {
      result.workers = option.number(1, 256);
    } else if (option == "--help") {
      result.help = true;
    } else if (option.text().starts_with("--")) {
      option.refuse();
    } else if (!have_pattern) {
      result.pattern = option.text();
      have_pattern = true;
    } else {
      result.paths.emplace_back(option.text());
    }
  }
  if (!have_pattern && !result.help) throw std::invalid_argument("a pattern is missing");
  if (result.paths.empty()) result.paths = {"/var/log"};
  return result;
}

struct matching_line {
  std::size_t number = 0;
  std::string text;

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& number& text;
  }
};

struct findings {
  std::string file;
  std::vector<matching_line> lines;
  std::string problem;  // empty: the file was read

  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& file& lines& problem;
  }
};

findings search(const std::string& pattern, const std::string& file) {
  const std::regex wanted(pattern, std::regex::extended | std::regex::optimize);
  findings result{file, {}, {}};
  std::ifstream in(file);
  std::size_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (std::regex_search(line, wanted)) result.lines.push_back({number, std::move(line)});
  }
  if (!in.eof()) result.problem = std::generic_category().message(errno);
  return result;
}

// The files that a path stands for. What can't be looked into is left to search() to complain of.
void add_files(const std::string& path, std::vector<std::string>& files) {
  std::error_code problem;
  if (!std::filesystem::is_directory(path, problem)) {
    files.push_back(path);
    return;
  }
  using walk = std::filesystem::recursive_directory_iterator;
  for (walk at(path, std::filesystem::directory_options::skip_permission_denied, problem), end;
       at != end; at.increment(problem)) {
    if (at->is_regular_file(problem)) files.push_back(at->path());
  }
}

int run(const options& chosen) {
  try {
    const std::regex probe(chosen.pattern, std::regex::extended);
  } catch (const std::regex_error& error) {
    throw std::runtime_error("'" + chosen.pattern + "' is no pattern: " + error.what());
  }
  std::vector<std::string> files;
  for (const std::string& path : chosen.paths) add_files(path, files);

  cohort::pool workers = chosen.workers == 0 ? cohort::pool() : cohort::pool(chosen.workers);
  std::size_t lines = 0;
  std::size_t unread = 0;
  for (const findings& found :
       workers.imap_unordered(cohort::bind(search, chosen.pattern), files)) {
    for (const matching_line& line : found.lines) {
      std::cout << found.file << ':' << line.number << ':' << line.text << '\n';
    }
    lines += found.lines.size();
    if (found.problem.empty()) continue;
    ++unread;
    std::cerr << "log_search: " << found.file << ": " << found.problem << '\n';
  }
  std::cerr << lines << " lines in " << files.size() << " files\n";
  return unread != 0 ? 2 : lines != 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return run_alone("log_search", usage, argc, argv, parse_options, run);
}
