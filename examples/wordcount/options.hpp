// The command line of wordcount.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

inline constexpr const char* usage =
    "Counts the words of files and of the files in folders, shared among the ranks.\n"
    "usage: wordcount [--top N | --all] [FILE | FOLDER]...\n"
    "  --top N  print the N most frequent words (default: 10) and each rank's share\n"
    "  --all    print every word as \"count word\" and nothing else\n"
    "  --help   print this\n"
    "Without files and folders: /usr/share/common-licenses. After --, all are files or folders.\n"
    "example: cohortrun -n 4 wordcount --top 20 /usr/share/doc\n";

struct options {
  std::vector<std::string> paths;
  std::size_t top = 10;
  bool all = false;
  bool help = false;
};

// Throws std::invalid_argument with a message for the user.
options parse_options(int argc, char** argv);
