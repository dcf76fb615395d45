// Sorts words and sets tables.
#include "report.hpp"

#include <algorithm>
#include <iomanip>
#include <iterator>
#include <ostream>
#include <utility>

namespace {

using word_and_count = std::pair<std::string, std::uint64_t>;

// The `wanted` most frequent words in order. Sorts only those: most words are rare.
std::vector<word_and_count> most_frequent(const word_counts& counts, std::size_t wanted) {
  std::vector<word_and_count> words(std::min(wanted, counts.size()));
  std::partial_sort_copy(counts.begin(), counts.end(), words.begin(), words.end(),
                         [](const auto& a, const auto& b) {
                           return a.second != b.second ? a.second > b.second : a.first < b.first;
                         });
  return words;
}

double percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

void print_share(std::ostream& out, const std::string& rank, const tally& share,
                 std::uint64_t all_bytes) {
  out << std::setw(6) << rank << std::setw(9) << share.files << std::setw(14) << share.bytes
      << std::setw(14) << share.words << std::setw(13) << percent(share.bytes, all_bytes) << " %\n";
}

}  // namespace

void print_all(std::ostream& out, const word_counts& counts) {
  for (const auto& [word, count] : most_frequent(counts, counts.size())) {
    out << count << ' ' << word << '\n';
  }
}

void print_report(std::ostream& out, const word_counts& counts, const std::vector<tally>& tallies,
                  std::size_t top, double seconds) {
  for (const auto& [word, count] : most_frequent(counts, top)) {
    out << std::setw(10) << count << "  " << word << '\n';
  }

  out << '\n'
      << counts.size() << " different words, counted by " << tallies.size()
      << (tallies.size() == 1 ? " rank" : " ranks") << " in " << std::fixed << std::setprecision(1)
      << seconds * 1e3 << " ms\n\n";

  tally all;
  for (const tally& t : tallies) {
    all.files += t.files;
    all.bytes += t.bytes;
    all.words += t.words;
  }
  out << "  rank    files         bytes         words   of all bytes\n";
  for (std::size_t rank = 0; rank < tallies.size(); ++rank) {
    print_share(out, std::to_string(rank), tallies[rank], all.bytes);
  }
  print_share(out, "all", all, all.bytes);
}
