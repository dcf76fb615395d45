// What to run and how: the command line of `cohortrun`, spelled as mpirun's where it has the
// option.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cohort::launcher {

// A command line that can't be obeyed; what() says why and what to write instead.
struct usage_problem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One program of the job: what stands between two `:` of the command line.
struct program_group {
  std::uint32_t ranks = 0;
  std::vector<std::string> command;
  std::vector<std::pair<std::string, std::string>> environment;  // -x
  std::string directory;                                         // --wdir; empty: the launcher's
};

enum class mapping : std::uint8_t { consecutive, by_socket, by_numa_node };

struct binding_options {
  bool to_core = false;
  mapping order = mapping::consecutive;
  std::uint32_t cores_per_rank = 1;
  bool report = false;
  bool oversubscribe = true;
};

// Which ranks something is for.
struct rank_choice {
  enum class kind : std::uint8_t { all, none, one } which = kind::all;
  std::uint32_t rank = 0;

  bool includes(std::uint32_t other) const {
    return which == kind::all || (which == kind::one && rank == other);
  }
};

enum class failure_policy : std::uint8_t { end_job, go_on };

struct run_options {
  std::vector<program_group> groups;
  binding_options binding;
  rank_choice input{rank_choice::kind::one, 0};
  bool tag_output = false;
  std::string output_prefix;         // --output-filename; empty: to the launcher's own output
  std::vector<std::string> wrapper;  // --wrap, split into words
  rank_choice wrapped;
  std::optional<std::chrono::nanoseconds> timeout;
  failure_policy on_failure = failure_policy::end_job;
  bool quiet = false;
  bool verbose = false;
  bool dry_run = false;
  bool help = false;
  bool version = false;

  std::uint32_t total_ranks() const;
};

// Reads the words after `cohortrun`. A program without -n gets as many ranks as the `processors`
// that may be used have room for. Throws usage_problem.
run_options parse_run_options(std::span<const std::string> words, std::uint32_t processors);

// Splits a line into words as a shell does, with quotes and backslashes but without expansion.
std::vector<std::string> split_words(const std::string& line);

// A word as a shell would have to be given it.
std::string shell_quoted(const std::string& word);

}  // namespace cohort::launcher
