// Prints the result.
#pragma once

#include "count_words.hpp"

#include <cstddef>
#include <iosfwd>
#include <vector>

// Every word as "count word", the most frequent first, equally frequent ones by alphabet.
void print_all(std::ostream& out, const word_counts& counts);

// The `top` most frequent words, and how the work was shared: `tallies` has one tally a rank.
void print_report(std::ostream& out, const word_counts& counts, const std::vector<tally>& tallies,
                  std::size_t top, double seconds);
