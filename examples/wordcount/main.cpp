// Counts the words of many files on many ranks: rank 0 lists the files and hands them out, every
// rank counts its own, and the counts, maps of words, travel back to rank 0, which adds them up.
#include "common/run_on_ranks.hpp"
#include "count_words.hpp"
#include "options.hpp"
#include "report.hpp"
#include "text_files.hpp"

#include <cohort/cohort.hpp>

#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

enum tags { share_tag, tally_tag };

// One tally a rank.
std::vector<tally> count_on_all_ranks(const cohort::communicator& world,
                                      std::vector<text_file> files) {
  const auto shares = share_out(std::move(files), world.size());
  for (int rank = 1; rank < world.size(); ++rank) {
    world.send(rank, share_tag, shares[static_cast<std::size_t>(rank)]);
  }
  std::vector<tally> tallies(shares.size());
  tallies[0] = count_words(shares[0]);
  // The others' come in whatever order they finish in; the status says whose each is.
  for (int outstanding = world.size() - 1; outstanding > 0; --outstanding) {
    cohort::status facts;
    tally theirs = world.recv<tally>(cohort::any_source, tally_tag, facts);
    tallies[static_cast<std::size_t>(facts.source())] = std::move(theirs);
  }
  return tallies;
}

// The part of all ranks but 0.
void count_own_share(const cohort::communicator& world) {
  const auto paths = world.recv<std::vector<std::string>>(0, share_tag);
  world.send(0, tally_tag, count_words(paths));
}

// The part of rank 0. Returns the exit code.
int count_and_report(const cohort::communicator& world, const options& chosen) {
  const cohort::timer clock;
  auto [files, problems] = list_files(chosen.paths);
  std::vector<tally> tallies = count_on_all_ranks(world, std::move(files));
  word_counts counts;
  std::uint64_t files_read = 0;
  for (tally& t : tallies) {
    merge(counts, std::move(t.counts));
    problems.insert(problems.end(), t.problems.begin(), t.problems.end());
    files_read += t.files;
  }
  const double seconds = clock.elapsed();

  if (chosen.all) {
    print_all(std::cout, counts);
  } else {
    print_report(std::cout, counts, tallies, chosen.top, seconds);
  }
  if (!std::cout.flush()) throw std::runtime_error("the result could not be written");

  // What can't be read is no reason to lose the rest; only if there is no rest, we have failed.
  for (const std::string& problem : problems) std::cerr << "wordcount: " << problem << '\n';
  if (!problems.empty()) std::cerr << "wordcount: could not be read: " << problems.size() << '\n';
  return problems.empty() || files_read > 0 ? 0 : 1;
}

// Returns the exit code.
int run(const cohort::communicator& world, const options& chosen) {
  if (world.rank() == 0) return count_and_report(world, chosen);
  count_own_share(world);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return run_on_ranks("wordcount", usage, argc, argv, parse_options, run);
}
