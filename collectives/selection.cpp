// The table of thresholds, the reader of COHORT_COLLECTIVES, and the choice by both.
#include "collectives/selection.hpp"

#include <cohort/error.hpp>

#include "collectives/board/post.hpp"
#include "runtime/settings.hpp"

#include <algorithm>
#include <vector>

namespace cohort::collectives {

namespace {

using detail::collective;

// On one host shared memory comes first. What fits a post goes there at once; the ends of `pair`
// are measured: beyond, copying twice costs more than the kernel's single copy. Thresholds over
// messages follow Thakur, Rabenseifner and Gropp, "Optimization of collective communication
// operations in MPICH", IJHPCA 19 (2005): below, the fewest steps; above, the fewest bytes.
constexpr selection_row table[] = {
    {.operation = collective::barrier, .algorithm = "shared", .where = placement::one_host},
    {.operation = collective::barrier, .algorithm = "dissemination"},

    {.operation = collective::broadcast,
     .algorithm = "pair",
     .from_bytes = inline_room + 1,
     .from_ranks = 2,
     .to_ranks = 2,
     .where = placement::one_host},
    {.operation = collective::broadcast,
     .algorithm = "shared",
     .to_bytes = 64 * 1024,
     .where = placement::one_host},
    {.operation = collective::broadcast, .algorithm = "single_copy", .where = placement::one_host},
    {.operation = collective::broadcast,
     .algorithm = "scatter_all_gather",
     .from_bytes = 512 * 1024,
     .from_ranks = 4},
    {.operation = collective::broadcast,
     .algorithm = "scatter_all_gather",
     .from_bytes = 12 * 1024,
     .from_ranks = 8},
    {.operation = collective::broadcast, .algorithm = "binomial"},

    {.operation = collective::scatter,
     .algorithm = "pair",
     .from_bytes = inline_room + 1,
     .to_bytes = 1024 * 1024,
     .from_ranks = 2,
     .to_ranks = 2,
     .where = placement::one_host},
    {.operation = collective::scatter,
     .algorithm = "shared",
     .to_bytes = 512 * 1024,
     .where = placement::one_host},
    {.operation = collective::scatter, .algorithm = "single_copy", .where = placement::one_host},
    {.operation = collective::scatter, .algorithm = "binomial", .to_bytes = 64 * 1024},
    {.operation = collective::scatter, .algorithm = "linear"},

    {.operation = collective::gather,
     .algorithm = "pair",
     .from_bytes = inline_room + 1,
     .from_ranks = 2,
     .to_ranks = 2,
     .where = placement::one_host},
    {.operation = collective::gather,
     .algorithm = "shared",
     .to_bytes = 64 * 1024,
     .where = placement::one_host},
    {.operation = collective::gather, .algorithm = "single_copy", .where = placement::one_host},
    {.operation = collective::gather, .algorithm = "binomial", .to_bytes = 4 * 1024},
    {.operation = collective::gather, .algorithm = "linear"},

    {.operation = collective::all_gather,
     .algorithm = "pair",
     .from_bytes = inline_room + 1,
     .to_bytes = 512 * 1024,
     .from_ranks = 2,
     .to_ranks = 2,
     .where = placement::one_host},
    {.operation = collective::all_gather,
     .algorithm = "shared",
     .to_bytes = 64 * 1024,
     .where = placement::one_host},
    {.operation = collective::all_gather, .algorithm = "single_copy", .where = placement::one_host},
    {.operation = collective::all_gather, .algorithm = "bruck", .to_bytes = 8 * 1024},
    {.operation = collective::all_gather, .algorithm = "ring"},

    {.operation = collective::all_to_all,
     .algorithm = "pair",
     .from_bytes = inline_room + 1,
     .to_bytes = 1024 * 1024,
     .from_ranks = 2,
     .to_ranks = 2,
     .where = placement::one_host},
    {.operation = collective::all_to_all,
     .algorithm = "shared",
     .to_bytes = 512 * 1024,
     .where = placement::one_host},
    {.operation = collective::all_to_all, .algorithm = "single_copy", .where = placement::one_host},
    {.operation = collective::all_to_all,
     .algorithm = "bruck",
     .to_bytes = 4 * 1024,
     .from_ranks = 8},
    {.operation = collective::all_to_all, .algorithm = "linear", .to_bytes = 256 * 1024},
    {.operation = collective::all_to_all, .algorithm = "pairwise"},

    {.operation = collective::reduce,
     .algorithm = "pair",
     .from_bytes = inline_room + 1,
     .from_ranks = 2,
     .to_ranks = 2,
     .where = placement::one_host},
    {.operation = collective::reduce,
     .algorithm = "shared",
     .to_bytes = 64 * 1024,
     .to_ranks = 8,
     .where = placement::one_host},
    {.operation = collective::reduce,
     .algorithm = "shared",
     .to_bytes = 8 * 1024,
     .where = placement::one_host},
    {.operation = collective::reduce, .algorithm = "sliced", .where = placement::one_host},
    {.operation = collective::reduce, .algorithm = "shared", .where = placement::one_host},
    {.operation = collective::reduce,
     .algorithm = "rabenseifner",
     .from_bytes = 16 * 1024,
     .from_ranks = 4},
    {.operation = collective::reduce, .algorithm = "binomial"},

    {.operation = collective::all_reduce,
     .algorithm = "pair",
     .from_bytes = inline_room + 1,
     .from_ranks = 2,
     .to_ranks = 2,
     .where = placement::one_host},
    {.operation = collective::all_reduce,
     .algorithm = "shared",
     .to_bytes = 64 * 1024,
     .to_ranks = 8,
     .where = placement::one_host},
    {.operation = collective::all_reduce,
     .algorithm = "shared",
     .to_bytes = 8 * 1024,
     .where = placement::one_host},
    {.operation = collective::all_reduce, .algorithm = "sliced", .where = placement::one_host},
    {.operation = collective::all_reduce, .algorithm = "shared", .where = placement::one_host},
    {.operation = collective::all_reduce,
     .algorithm = "rabenseifner",
     .from_bytes = 16 * 1024,
     .from_ranks = 3},
    {.operation = collective::all_reduce, .algorithm = "recursive_doubling"},

    {.operation = collective::reduce_scatter,
     .algorithm = "pair",
     .from_bytes = inline_room + 1,
     .from_ranks = 2,
     .to_ranks = 2,
     .where = placement::one_host},
    {.operation = collective::reduce_scatter,
     .algorithm = "shared",
     .to_bytes = 512 * 1024,
     .where = placement::one_host},
    {.operation = collective::reduce_scatter, .algorithm = "sliced", .where = placement::one_host},
    {.operation = collective::reduce_scatter, .algorithm = "shared", .where = placement::one_host},
    {.operation = collective::reduce_scatter,
     .algorithm = "recursive_halving",
     .to_bytes = 512 * 1024},
    {.operation = collective::reduce_scatter, .algorithm = "pairwise"},

    {.operation = collective::scan,
     .algorithm = "pair",
     .from_bytes = inline_room + 1,
     .from_ranks = 2,
     .to_ranks = 2,
     .where = placement::one_host},
    {.operation = collective::scan,
     .algorithm = "shared",
     .to_bytes = 8 * 1024,
     .where = placement::one_host},
    {.operation = collective::scan, .algorithm = "sliced", .where = placement::one_host},
    {.operation = collective::scan, .algorithm = "shared", .where = placement::one_host},
    {.operation = collective::scan, .algorithm = "recursive_doubling"},
    {.operation = collective::exscan,
     .algorithm = "pair",
     .from_bytes = inline_room + 1,
     .from_ranks = 2,
     .to_ranks = 2,
     .where = placement::one_host},
    {.operation = collective::exscan,
     .algorithm = "shared",
     .to_bytes = 8 * 1024,
     .where = placement::one_host},
    {.operation = collective::exscan, .algorithm = "sliced", .where = placement::one_host},
    {.operation = collective::exscan, .algorithm = "shared", .where = placement::one_host},
    {.operation = collective::exscan, .algorithm = "recursive_doubling"},
    {.operation = collective::neighbor_all_gather, .algorithm = "direct"},
    {.operation = collective::neighbor_all_to_all, .algorithm = "direct"},
};

// The rows with their algorithms looked up, and where each operation's begin: made once per
// process, read only.
class resolved_table {
 public:
  struct row {
    const selection_row* rule;
    const algorithm* chosen;
  };

  resolved_table() {
    for (std::size_t operation = 0; operation < operation_count; ++operation) {
      begin_[operation] = rows_.size();
      for (const selection_row& rule : table) {
        if (rule.operation != static_cast<collective>(operation)) continue;
        rows_.push_back({&rule, find_algorithm(rule.operation, rule.algorithm)});
      }
    }
    begin_[operation_count] = rows_.size();
  }

  std::span<const row> rows_of(collective operation) const {
    const auto at = static_cast<std::size_t>(operation);
    return std::span(rows_).subspan(begin_[at], begin_[at + 1] - begin_[at]);
  }

 private:
  std::vector<row> rows_;
  std::array<std::size_t, operation_count + 1> begin_{};
};

bool fits(const selection_row& rule, const choice_request& request) {
  if (request.ranks < rule.from_ranks || request.ranks > rule.to_ranks) return false;
  if (rule.where == placement::one_host && !request.all_on_one_host) return false;
  if (rule.where == placement::several_hosts && request.all_on_one_host) return false;
  if (rule.from_bytes == 0 && rule.to_bytes == any_bytes) return true;
  if (!request.uniform) return false;
  const std::uint64_t bytes = bytes_given(request);
  return bytes >= rule.from_bytes && bytes <= rule.to_bytes;
}

template <typename Names>
std::string listed(const Names& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

// One `operation=algorithm`; returns what is wrong with it, or nothing.
std::string read_choice(std::string_view text, std::array<const algorithm*, operation_count>& to) {
  const auto equals = text.find('=');
  if (equals == text.npos) {
    return "it takes operation=algorithm pairs with commas between them, such as "
           "broadcast=binomial,all_reduce=ring";
  }
  const std::string_view operation_name = text.substr(0, equals);
  const auto operation = find_operation(operation_name);
  if (!operation) {
    return "there is no operation " + std::string(operation_name) + "; it takes " +
           listed(operation_names());
  }
  const std::string_view name = text.substr(equals + 1);
  const algorithm* const found = find_algorithm(*operation, name);
  if (!found) {
    std::vector<std::string_view> known;
    for (const algorithm& each : algorithms_of(*operation)) known.push_back(each.name);
    return std::string(operation_name) + " has no algorithm " + std::string(name) + "; it takes " +
           listed(known);
  }
  to[static_cast<std::size_t>(*operation)] = found;
  return {};
}

}  // namespace

std::span<const selection_row> selection_table() {
  return table;
}

std::uint64_t bytes_given(const choice_request& request) {
  switch (request.operation) {
    case collective::scatter:
    case collective::all_to_all:
    case collective::reduce_scatter:
      return request.block_bytes * static_cast<std::uint64_t>(request.ranks);
    default:
      return request.block_bytes;
  }
}

bool applicable(const algorithm& candidate, const choice_request& request) {
  if (candidate.run && (request.non_blocking || !request.all_on_one_host)) return false;
  if (candidate.reorders && !request.commutative) return false;
  if (candidate.slices && request.packed) return false;
  if (candidate.ranks != 0 && candidate.ranks != request.ranks) return false;
  return !candidate.uniform_only || request.uniform;
}

selection::selection(std::string_view forced) {
  for (std::string_view rest = forced; !rest.empty();) {
    const auto comma = rest.find(',');
    if (const std::string problem = read_choice(rest.substr(0, comma), forced_); !problem.empty()) {
      throw setting_error("COHORT_COLLECTIVES=" + std::string(forced) + " can't be; " + problem,
                          {.operation = "settings"});
    }
    rest = comma == rest.npos ? std::string_view() : rest.substr(comma + 1);
  }
}

const algorithm& selection::choose(const choice_request& request) const {
  static const resolved_table resolved;
  const algorithm* const wanted = forced_[static_cast<std::size_t>(request.operation)];
  if (wanted && applicable(*wanted, request)) return *wanted;
  for (const auto& row : resolved.rows_of(request.operation)) {
    if (fits(*row.rule, request) && applicable(*row.chosen, request)) return *row.chosen;
  }
  throw std::logic_error("no algorithm for " + std::string(name_of(request.operation)));
}

}  // namespace cohort::collectives

namespace cohort::runtime {

void check_collectives(std::string_view text) {
  static_cast<void>(collectives::selection(text));
}

}  // namespace cohort::runtime
