// Reads the words of `cohort explain`; writes the list of algorithms.
#include "launcher/explain.hpp"

#include "collectives/call_signature.hpp"
#include "collectives/explain/explain.hpp"
#include "collectives/selection.hpp"

#include "launcher/options.hpp"

#include "runtime/settings.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

namespace cohort::launcher {

namespace {

using collectives::algorithm;
using detail::collective;

constexpr int most_ranks = 256;  // beyond, nobody reads it

constexpr std::string_view explain_help =
    R"(Usage: cohort explain OPERATION [--algorithm NAME] [-n N] [--root R] [--svg FILE]

Shows how a collective operation is carried out: which rank sends what to which in which step, and
how many messages and blocks that takes. It is worked out with the code that also runs.

  --algorithm NAME   the algorithm; without it, the one that is chosen for 8 bytes between hosts
  -n, -np N          number of ranks, 8 by default
  --root R           the root, 0 by default: of broadcast, scatter, gather, reduce
  --svg FILE         draw it as well: ranks side by side, steps downwards, messages as arrows
  --help

A step is the time of a message; what a rank sends and receives at once counts as one. A block is
what one rank gives (or the root gives to one rank).

Examples
  cohort explain broadcast --algorithm binomial -n 8 --root 2
  cohort explain all_reduce --algorithm ring -n 4 --svg ring.svg
  cohort explain scan -n 13
  cohort info --collectives                  all operations and algorithms
)";

template <typename Names>
std::string listed(const Names& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

std::string hint(std::string_view word, std::span<const std::string_view> known) {
  const auto near = runtime::nearest(word, known);
  return near.empty() ? std::string() : "did you mean " + std::string(near) + "? ";
}

collective operation_named(const std::string& name) {
  const auto names = collectives::operation_names();
  if (const auto found = collectives::find_operation(name)) return *found;
  throw usage_problem("there is no operation " + shell_quoted(name) + "; " + hint(name, names) +
                      "known are " + listed(names));
}

const algorithm& algorithm_named(collective operation, const std::string& name) {
  if (const algorithm* found = collectives::find_algorithm(operation, name)) return *found;
  std::vector<std::string_view> names;
  for (const algorithm& each : collectives::algorithms_of(operation)) names.push_back(each.name);
  throw usage_problem(std::string(collectives::name_of(operation)) + " has no algorithm " +
                      shell_quoted(name) + "; " + hint(name, names) + "known are " + listed(names));
}

int read_number(const std::string& option, const std::string& text, int least, int most) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end || value < least || value > most) {
    throw usage_problem(option + " " + shell_quoted(text) + ": a whole number from " +
                        std::to_string(least) + " to " + std::to_string(most));
  }
  return value;
}

struct explain_options {
  std::optional<std::string> operation;
  std::optional<std::string> algorithm;
  std::optional<std::string> root;
  std::optional<std::string> svg;
  int ranks = 8;
  bool help = false;
};

// The place of an option's value; nullptr for one that is none of these.
std::optional<std::string>* text_option(explain_options& options, std::string_view name) {
  if (name == "algorithm") return &options.algorithm;
  if (name == "root") return &options.root;
  if (name == "svg") return &options.svg;
  return nullptr;
}

explain_options read_words(std::span<const std::string> words) {
  explain_options options;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word.size() < 2 || word[0] != '-') {
      if (options.operation) {
        throw usage_problem("one operation at a time: " + *options.operation + " or " + word);
      }
      options.operation = word;
      continue;
    }
    const auto equals = word.find('=');
    const std::string spelled = word.substr(0, equals);
    const std::string_view name = std::string_view(spelled).substr(spelled[1] == '-' ? 2 : 1);
    if (name == "help" || name == "h") {
      options.help = true;
      return options;
    }
    const bool is_count = name == "n" || name == "np";
    std::optional<std::string>* const place = text_option(options, name);
    if (!is_count && !place) {
      throw usage_problem("unknown option " + spelled + " (`cohort explain --help` lists them)");
    }
    if (equals == std::string::npos && at + 1 == words.size()) {
      throw usage_problem(spelled + " needs a value");
    }
    const std::string value = equals == std::string::npos ? words[++at] : word.substr(equals + 1);
    if (is_count) {
      options.ranks = read_number(spelled, value, 1, most_ranks);
    } else {
      *place = value;
    }
  }
  return options;
}

collectives::example example_of(const explain_options& options) {
  if (!options.operation) {
    throw usage_problem("which operation? Write: cohort explain OPERATION, one of " +
                        listed(collectives::operation_names()));
  }
  const collective operation = operation_named(*options.operation);
  if (options.root && !collectives::has_root(operation)) {
    throw usage_problem(*options.operation + " has no root; leave out --root");
  }
  const algorithm& by = options.algorithm
                            ? algorithm_named(operation, *options.algorithm)
                            : collectives::selection().choose({.operation = operation,
                                                               .ranks = options.ranks,
                                                               .block_bytes = 8,
                                                               .all_on_one_host = false});
  const int root = options.root ? read_number("--root", *options.root, 0, options.ranks - 1) : 0;
  return {&by, options.ranks, root};
}

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  file.close();
  if (!file) throw usage_problem("can't write " + path + ": " + std::strerror(errno));
}

std::string size_text(std::uint64_t bytes) {
  if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
  if (bytes >= 1 << 10 && bytes % (1 << 10) == 0) return std::to_string(bytes >> 10) + " KiB";
  return std::to_string(bytes) + " B";
}

// When a row of the table applies, beside that no row before it does.
std::string conditions(const collectives::selection_row& row) {
  std::vector<std::string> all;
  if (row.from_bytes > 0 && row.to_bytes != collectives::any_bytes) {
    all.push_back(size_text(row.from_bytes) + " to " + size_text(row.to_bytes));
  } else if (row.from_bytes > 0) {
    all.push_back(size_text(row.from_bytes) + " and more");
  } else if (row.to_bytes != collectives::any_bytes) {
    all.push_back("up to " + size_text(row.to_bytes));
  }
  if (row.from_ranks == row.to_ranks) {
    all.push_back(std::to_string(row.from_ranks) + " ranks");
  } else {
    if (row.from_ranks > 1) all.push_back(std::to_string(row.from_ranks) + " ranks and more");
    if (row.to_ranks != collectives::any_ranks) {
      all.push_back("up to " + std::to_string(row.to_ranks) + " ranks");
    }
  }
  if (row.where == collectives::placement::one_host) all.emplace_back("on one host");
  if (row.where == collectives::placement::several_hosts) all.emplace_back("between hosts");
  return all.empty() ? "in all other cases" : listed(all);
}

std::string chosen_when(const algorithm& by) {
  std::vector<std::string> rules;
  for (const auto& row : collectives::selection_table()) {
    if (row.operation == by.operation && row.algorithm == by.name) rules.push_back(conditions(row));
  }
  if (rules.empty()) return "by name only";
  std::string text;
  for (const std::string& rule : rules) text += (text.empty() ? "" : "; or ") + rule;
  if (by.run) text += "; blocking calls only";
  return text;
}

// In lines of up to 100 columns, the first 24 of them empty.
std::string filled(std::string_view text) {
  constexpr std::size_t indent = 24;
  constexpr std::size_t room = 100 - indent;
  std::string lines;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (end > room) {
      const auto space = text.rfind(' ', room);
      end = space == text.npos ? text.find(' ') : space;
    }
    lines += std::string(indent, ' ') + std::string(text.substr(0, end)) + "\n";
    text.remove_prefix(std::min(text.size(), end == text.npos ? end : end + 1));
  }
  return lines;
}

// Those that the table names, as it names them; then the others.
std::vector<const algorithm*> in_order_of_rules(collective operation) {
  std::vector<const algorithm*> order;
  const auto add = [&](const algorithm* each) {
    if (std::find(order.begin(), order.end(), each) == order.end()) order.push_back(each);
  };
  for (const auto& row : collectives::selection_table()) {
    if (row.operation == operation) add(collectives::find_algorithm(operation, row.algorithm));
  }
  for (const algorithm& each : collectives::algorithms_of(operation)) add(&each);
  return order;
}

}  // namespace

std::string explain(std::span<const std::string> words) {
  const explain_options options = read_words(words);
  if (options.help) return std::string(explain_help);
  const collectives::example shown = example_of(options);
  std::string text = collectives::explain_text(shown);
  if (options.svg) {
    if (!shown.by->plan) {
      throw usage_problem(std::string(shown.by->name) +
                          " runs in shared memory and sends no messages: there is nothing to draw");
    }
    write_file(*options.svg, collectives::explain_svg(shown));
    text += "The picture is in " + *options.svg + ".\n";
  }
  return text;
}

std::string collectives_text() {
  std::string text =
      "The algorithms of collective operations, and when each is chosen. Of an operation's rules "
      "the\n"
      "first that holds counts, from above; an algorithm that can't do what is asked for is "
      "passed\n"
      "over. Bytes are those that one rank gives (the root, where there is one).\n"
      "COHORT_COLLECTIVES=broadcast=binomial,scan=linear forces algorithms by name;\n"
      "`cohort explain broadcast --algorithm binomial` shows one at work.\n";
  const auto operations = collectives::operation_names();
  for (std::size_t i = 0; i < operations.size(); ++i) {
    text += "\n" + std::string(operations[i]) + "\n";
    for (const algorithm* each : in_order_of_rules(static_cast<collective>(i))) {
      std::string name = "  " + std::string(each->name);
      // The name stands where the first line of its rules is empty.
      std::string rules = filled(chosen_when(*each));
      text += rules.replace(0, name.size(), name) + filled(each->summary);
    }
  }
  return text;
}

}  // namespace cohort::launcher
