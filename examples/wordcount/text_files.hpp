// Finds the files to count and shares them out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct text_file {
  std::string path;
  std::uint64_t bytes;
};

struct file_list {
  std::vector<text_file> files;
  std::vector<std::string> problems;  // "path: reason" of what can't be read
};

// The regular files among `paths` and, recursively, in the folders among them; links are followed
// to files, and to folders only where they are named in `paths`, so that a link to a parent does no
// harm. A file that has several names (links) is listed once.
file_list list_files(const std::vector<std::string>& paths);

// The paths of the files that each of `hands` ranks is to count, of about the same size in all.
std::vector<std::vector<std::string>> share_out(std::vector<text_file> files, int hands);
