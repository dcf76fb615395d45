#include "runtime/settings.hpp"

#include <cohort/error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <utility>

extern char** environ;  // POSIX: the environment, which no header declares portably

namespace cohort::runtime {

namespace {

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "1" || text == "on" || text == "yes" || text == "true") return true;
  if (text == "0" || text == "off" || text == "no" || text == "false") return false;
  return std::nullopt;
}

// A count with an optional binary suffix k, M or G.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end == text.data()) return std::nullopt;
  const std::string_view suffix(end, text.data() + text.size());
  int shift = 0;
  if (suffix == "k" || suffix == "K")
    shift = 10;
  else if (suffix == "M")
    shift = 20;
  else if (suffix == "G")
    shift = 30;
  else if (!suffix.empty())
    return std::nullopt;
  if (value > (std::uint64_t{1} << 50) >> shift) return std::nullopt;
  return value << shift;
}

constexpr std::array<std::string_view, 4> wait_names{"automatic", "spin", "yield", "sleep"};

// One row per setting: how to read it and how to show it. Everything that lists settings, the
// reader, its error messages, `cohort info` and the docs, goes by this table.
struct row {
  std::string_view name;
  std::string_view values;
  std::string_view meaning;
  bool (*read)(settings&, std::string_view);
  std::string (*show)(const settings&);
};

template <bool settings::*Field>
bool read_switch(settings& s, std::string_view text) {
  const auto value = parse_switch(text);
  if (value) s.*Field = *value;
  return value.has_value();
}
template <bool settings::*Field>
std::string show_switch(const settings& s) {
  return s.*Field ? "1" : "0";
}
template <std::uint64_t settings::*Field, std::uint64_t Largest>
bool read_size(settings& s, std::string_view text) {
  const auto value = parse_size(text);
  if (!value || *value > Largest) return false;
  s.*Field = *value;
  return true;
}
template <std::uint64_t settings::*Field>
std::string show_size(const settings& s) {
  return std::to_string(s.*Field);
}
bool read_wait(settings& s, std::string_view text) {
  const auto found = std::find(wait_names.begin(), wait_names.end(), text);
  if (found == wait_names.end()) return false;
  s.wait = static_cast<wait_policy>(found - wait_names.begin());
  return true;
}
std::string show_wait(const settings& s) {
  return std::string(wait_names[static_cast<std::size_t>(s.wait)]);
}

bool read_collectives(settings& s, std::string_view text) {
  check_collectives(text);  // knows what is wrong better than this table
  s.collectives = text;
  return true;
}
std::string show_collectives(const settings& s) {
  return s.collectives;
}

constexpr std::array<row, 8> table{{
    {"COHORT_STRICT", "0, 1",
     "1: every send is synchronous, so that a program that leans on buffering shows its deadlock",
     read_switch<&settings::strict>, show_switch<&settings::strict>},
    {"COHORT_WAIT", "automatic, spin, yield, sleep",
     "how a rank waits: automatic spins while every awake rank has a processor and yields "
     "otherwise; all sleep in the end",
     read_wait, show_wait},
    {"COHORT_SPIN_MICROSECONDS", "0 to 1000000",
     "how long a rank spins or yields before it sleeps; about what a wake-up costs",
     read_size<&settings::spin_microseconds, 1'000'000>, show_size<&settings::spin_microseconds>},
    {"COHORT_EAGER_LIMIT", "bytes, 0 to 64k",
     "the longest message that is sent without waiting for its receive",
     read_size<&settings::eager_limit, 64 * 1024>, show_size<&settings::eager_limit>},
    {"COHORT_SINGLE_COPY", "0, 1",
     "1: long messages are copied straight between the ranks' memories where the kernel allows it",
     read_switch<&settings::single_copy>, show_switch<&settings::single_copy>},
    {"COHORT_MEMBARRIER", "0, 1",
     "0: senders fence before they look for sleeping receivers, for kernels without membarrier",
     read_switch<&settings::membarrier>, show_switch<&settings::membarrier>},
    {"COHORT_COLLECTIVE_CHECK", "0, 1",
     "1: ranks that call different collectives get an error that says who called what and where",
     read_switch<&settings::collective_check>, show_switch<&settings::collective_check>},
    {"COHORT_COLLECTIVES", "operation=algorithm, with commas between several",
     "forces the algorithms of collective operations by name where they are applicable; "
     "`cohort info --collectives` lists them",
     read_collectives, show_collectives},
}};

// The start-up variable is no setting.
constexpr std::string_view start_variable_name = "COHORT_JOB";

}  // namespace

settings settings::from_environment() {
  settings result;
  for (char** entry = environ; entry && *entry; ++entry) result.take(*entry);
  return result;
}

void settings::take(std::string_view variable) {
  constexpr std::string_view prefix = "COHORT_";
  if (variable.substr(0, prefix.size()) != prefix) return;
  const auto equals = variable.find('=');
  const auto name = variable.substr(0, equals);
  const auto value = equals == variable.npos ? std::string_view() : variable.substr(equals + 1);
  if (name == start_variable_name) return;
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const row& r) { return r.name == name; });
  if (found == table.end()) {
    std::array<std::string_view, table.size()> names;
    std::transform(table.begin(), table.end(), names.begin(), [](auto& r) { return r.name; });
    const auto near = nearest(name, names);
    throw setting_error(
        "unknown setting " + std::string(name) +
            (near.empty() ? std::string() : "; did you mean " + std::string(near) + "?") +
            " (`cohort info` lists them all)",
        {.operation = "settings"});
  }
  if (!found->read(*this, value)) {
    throw setting_error(std::string(name) + "=" + std::string(value) + " can't be; it takes " +
                            std::string(found->values),
                        {.operation = "settings"});
  }
}

std::vector<setting_row> describe(const settings& in_force) {
  std::vector<setting_row> rows;
  for (const row& r : table) rows.push_back({r.name, r.show(in_force), r.values, r.meaning});
  return rows;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates) {
  // A word that was cut short means the one candidate that begins with it.
  const auto begins = [&](std::string_view c) { return c.substr(0, word.size()) == word; };
  if (std::count_if(candidates.begin(), candidates.end(), begins) == 1) {
    return *std::find_if(candidates.begin(), candidates.end(), begins);
  }
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto candidate : candidates) {
    // Levenshtein's distance, one row of the table at a time.
    std::vector<std::size_t> distances(candidate.size() + 1);
    std::iota(distances.begin(), distances.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = std::exchange(distances[0], i + 1);
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t substituted = diagonal + (word[i] == candidate[j] ? 0 : 1);
        diagonal = distances[j + 1];
        distances[j + 1] = std::min({substituted, diagonal + 1, distances[j] + 1});
      }
    }
    if (distances.back() < least) {
      least = distances.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace cohort::runtime
