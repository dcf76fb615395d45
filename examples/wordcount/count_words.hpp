// Counts the words of files.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

using word_counts = std::unordered_map<std::string, std::uint64_t>;

// What one rank has counted. It has a `serialize` function (the one of Boost.Serialization), which
// is all that a class needs to travel as a message.
struct tally {
  word_counts counts;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t words = 0;
  std::vector<std::string> problems;  // "path: reason" of files that could not be read to the end

  template <class Archive>
  void serialize(Archive& archive, unsigned /*version*/) {
    archive& counts& files& bytes& words& problems;
  }
};

// A word is a longest run of the letters A to Z and a to z within a file, taken as lower case:
//   LC_ALL=C tr -cs A-Za-z '\n' < file | tr A-Z a-z
// Files are read piece by piece, so their size doesn't matter. One that can't be read to its end is
// a problem; what came before the failure counts.
tally count_words(const std::vector<std::string>& paths);

// Adds the counts in `more` to `sum`.
void merge(word_counts& sum, word_counts more);
