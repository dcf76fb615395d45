// The table of options and the parser that goes by it.
#include "launcher/options.hpp"

#include "runtime/layout.hpp"
#include "runtime/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <string_view>

namespace cohort::launcher {

namespace {

[[noreturn]] void complain(const std::string& text) {
  throw usage_problem(text);
}

std::uint32_t parse_count(const std::string& option, const std::string& text,
                          const std::string& what, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end || value < least || value > most) {
    complain(option + " " + shell_quoted(text) + ": " + what + " must be a whole number from " +
             std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<std::uint32_t>(value);
}

constexpr std::uint32_t most_ranks = runtime::max_members - runtime::spare_members;

std::uint32_t parse_rank(const std::string& option, const std::string& text) {
  return parse_count(option, text, "a rank", 0, most_ranks - 1);
}

std::chrono::nanoseconds parse_seconds(const std::string& option, const std::string& text) {
  char* stop = nullptr;
  const double seconds = std::strtod(text.c_str(), &stop);
  if (text.empty() || *stop != '\0' || !std::isfinite(seconds) || seconds <= 0) {
    complain(option + " " + shell_quoted(text) + ": a time in seconds above 0, such as 90 or 0.5");
  }
  constexpr double century = 100.0 * 365 * 86400;  // fits nanoseconds in 64 bits
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(seconds, century) * 1e9));
}

// The reader's state: options that belong to a program go to the group being read.
struct reading {
  run_options result;
  program_group group;
  bool binding_chosen = false;  // by --bind-to, which beats what --map-by implies
};

void read_variable(reading& r, const std::string& option, const std::string& text) {
  const auto equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (name.empty()) complain(option + " " + shell_quoted(text) + ": write NAME or NAME=VALUE");
  if (name == "COHORT_JOB") complain(option + " COHORT_JOB: the launcher sets it; choose a name");
  if (equals != std::string::npos) {
    r.group.environment.emplace_back(name, text.substr(equals + 1));
  } else if (const char* value = std::getenv(name.c_str())) {
    r.group.environment.emplace_back(name, value);
  } else {
    complain(option + " " + name + ": " + name + " is not set here; write " + option + " " + name +
             "=VALUE");
  }
}

void read_binding(reading& r, const std::string& option, const std::string& text) {
  if (text != "core" && text != "none") complain(option + " takes core or none, not " + text);
  r.result.binding.to_core = text == "core";
  r.binding_chosen = true;
}

void read_mapping(reading& r, const std::string& option, const std::string& text) {
  auto& binding = r.result.binding;
  // `slot` and `node` count hosts in mpirun; on one host they mean one core after the other.
  if (text == "core" || text == "slot" || text == "node") {
    binding.order = mapping::consecutive;
  } else if (text == "socket" || text == "package") {
    binding.order = mapping::by_socket;
  } else if (text == "numa") {
    binding.order = mapping::by_numa_node;
  } else {
    complain(option + " takes core, slot, node, socket or numa, not " + text);
  }
  if (!r.binding_chosen) binding.to_core = true;
}

void read_policy(reading& r, const std::string& option, const std::string& text) {
  if (text != "end" && text != "continue") complain(option + " takes end or continue, not " + text);
  r.result.on_failure = text == "end" ? failure_policy::end_job : failure_policy::go_on;
}

void read_input(reading& r, const std::string& option, const std::string& text) {
  if (text == "all") {
    r.result.input = {rank_choice::kind::all, 0};
  } else if (text == "none") {
    r.result.input = {rank_choice::kind::none, 0};
  } else {
    r.result.input = {rank_choice::kind::one, parse_rank(option, text)};
  }
}

// One row per option: its names without dashes, whether a value follows, what it does. One dash or
// two are the same, as in mpirun.
struct option_row {
  std::string_view name;
  std::string_view other_name;  // empty if it has one name only
  bool takes_value;
  void (*read)(reading&, const std::string& option, const std::string& value);
};

using text = const std::string&;

constexpr option_row table[] = {
    {"n", "np", true,
     [](reading& r, text o, text v) {
       r.group.ranks = parse_count(o, v, "the number of ranks", 1, most_ranks);
     }},
    {"x", "", true, read_variable},
    {"wdir", "wd", true, [](reading& r, text, text v) { r.group.directory = v; }},
    {"bind-to", "", true, read_binding},
    {"map-by", "", true, read_mapping},
    {"cpus-per-rank", "cpus-per-proc", true,
     [](reading& r, text o, text v) {
       r.result.binding.cores_per_rank = parse_count(o, v, "the number of cores", 1, 1 << 20);
       if (!r.binding_chosen) r.result.binding.to_core = true;
     }},
    {"report-bindings", "", false, [](reading& r, text, text) { r.result.binding.report = true; }},
    {"oversubscribe", "", false,
     [](reading& r, text, text) { r.result.binding.oversubscribe = true; }},
    {"nooversubscribe", "no-oversubscribe", false,
     [](reading& r, text, text) { r.result.binding.oversubscribe = false; }},
    {"tag-output", "", false, [](reading& r, text, text) { r.result.tag_output = true; }},
    {"output-filename", "", true,
     [](reading& r, text o, text v) {
       if (v.empty()) complain(o + " needs the beginning of a file name");
       r.result.output_prefix = v;
     }},
    {"timeout", "", true,
     [](reading& r, text o, text v) { r.result.timeout = parse_seconds(o, v); }},
    {"stdin", "", true, read_input},
    {"wrap", "", true,
     [](reading& r, text o, text v) {
       r.result.wrapper = split_words(v);
       if (r.result.wrapper.empty()) complain(o + " needs a command, such as 'gdb --args'");
     }},
    {"wrap-rank", "", true,
     [](reading& r, text o, text v) {
       r.result.wrapped =
           v == "all" ? rank_choice{} : rank_choice{rank_choice::kind::one, parse_rank(o, v)};
     }},
    {"on-failure", "", true, read_policy},
    {"quiet", "q", false, [](reading& r, text, text) { r.result.quiet = true; }},
    {"verbose", "v", false, [](reading& r, text, text) { r.result.verbose = true; }},
    {"dry-run", "", false, [](reading& r, text, text) { r.result.dry_run = true; }},
    {"help", "h", false, [](reading& r, text, text) { r.result.help = true; }},
    {"version", "V", false, [](reading& r, text, text) { r.result.version = true; }},
};

// What users of mpirun write out of habit and need not.
constexpr std::pair<std::string_view, const char*> not_needed[] = {
    {"allow-run-as-root", "root needs no leave"},
    {"H", "all ranks run on this host"},
    {"host", "all ranks run on this host"},
    {"hostfile", "all ranks run on this host"},
    {"machinefile", "all ranks run on this host"},
    {"mca", "settings are COHORT_ variables, which `cohort info` lists"},
};

const option_row& find_option(const std::string& spelled, std::string_view name) {
  std::vector<std::string_view> names;
  for (const option_row& row : table) {
    if (name == row.name || (name == row.other_name && !name.empty())) return row;
    names.push_back(row.name);
    if (!row.other_name.empty()) names.push_back(row.other_name);
  }
  for (const auto& [habit, reason] : not_needed) {
    if (name == habit) complain(spelled + " is no option here; leave it out: " + reason);
  }
  // One letter is near to every other.
  const auto near = name.size() > 1 ? runtime::nearest(name, names) : std::string_view();
  complain("unknown option " + spelled +
           (near.empty() ? "; `cohortrun --help` lists the options"
                         : "; did you mean " + std::string(near.size() > 2 ? "--" : "-") +
                               std::string(near) + "? (`cohortrun --help` lists the options)"));
}

// Reads the options before a program; returns the index of the first word that is none.
std::size_t read_options(reading& r, std::span<const std::string> words, std::size_t at) {
  while (at < words.size()) {
    const std::string& word = words[at];
    if (word.size() < 2 || word[0] != '-') return at;
    ++at;
    if (word == "--") return at;
    const auto equals = word.find('=');
    const std::string spelled = word.substr(0, equals);
    const option_row& row =
        find_option(spelled, std::string_view(spelled).substr(spelled[1] == '-' ? 2 : 1));
    std::string value;
    if (!row.takes_value) {
      if (equals != std::string::npos) complain(spelled + " takes no value");
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (at < words.size()) {
      value = words[at++];
    } else {
      complain(spelled + " needs a value");
    }
    row.read(r, spelled, value);
  }
  return at;
}

void check_choice(const char* option, const rank_choice& choice, std::uint32_t ranks) {
  if (choice.which == rank_choice::kind::one && choice.rank >= ranks) {
    complain(std::string(option) + " " + std::to_string(choice.rank) + ": the job has ranks 0 to " +
             std::to_string(ranks - 1));
  }
}

// What can only be judged when every group is known.
void complete(run_options& options, std::uint32_t processors) {
  std::uint64_t total = 0;
  for (program_group& group : options.groups) {
    if (group.ranks == 0) group.ranks = std::max(1U, processors / options.binding.cores_per_rank);
    total += group.ranks;
  }
  if (total > most_ranks) {
    complain("the programs have " + std::to_string(total) + " ranks together; a host takes up to " +
             std::to_string(most_ranks));
  }
  const auto ranks = static_cast<std::uint32_t>(total);
  check_choice("--stdin", options.input, ranks);
  check_choice("--wrap-rank", options.wrapped, ranks);
  if (!options.binding.oversubscribe && total * options.binding.cores_per_rank > processors) {
    complain(std::to_string(ranks) + " ranks need more than the " + std::to_string(processors) +
             " processors that may be used here; start fewer or leave out --nooversubscribe");
  }
}

}  // namespace

std::uint32_t run_options::total_ranks() const {
  return std::accumulate(
      groups.begin(), groups.end(), 0U,
      [](std::uint32_t sum, const program_group& group) { return sum + group.ranks; });
}

run_options parse_run_options(std::span<const std::string> words, std::uint32_t processors) {
  reading r;
  std::size_t at = 0;
  for (;;) {
    at = read_options(r, words, at);
    if (r.result.help || r.result.version) return r.result;
    // From the first word that is no option up to a `:`, everything is the program's.
    while (at < words.size() && words[at] != ":") r.group.command.push_back(words[at++]);
    if (r.group.command.empty()) {
      complain(r.result.groups.empty() && at == words.size()
                   ? "which program? Write: cohortrun [-n N] [options] program [arguments]"
                   : "a program is missing beside a `:`");
    }
    r.result.groups.push_back(std::exchange(r.group, {}));
    if (at == words.size()) break;
    ++at;  // the `:`
  }
  complete(r.result, processors);
  return r.result;
}

std::vector<std::string> split_words(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      in_word = true;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
      in_word = true;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != 0) complain("a quote is not closed in: " + line);
  if (in_word) words.push_back(word);
  return words;
}

std::string shell_quoted(const std::string& word) {
  constexpr std::string_view harmless =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./:,@%^";
  if (!word.empty() && word.find_first_not_of(harmless) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

}  // namespace cohort::launcher
