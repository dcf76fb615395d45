// Plans the start.
#include "launcher/plan.hpp"

#include "launcher/program.hpp"
#include "launcher/topology.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

extern char** environ;  // POSIX: the environment, which no header declares portably

namespace cohort::launcher {

namespace {

constexpr std::string_view start_variable_name = "COHORT_JOB";

bool is_variable(const std::string& entry, std::string_view name) {
  return entry.size() > name.size() && entry[name.size()] == '=' &&
         std::string_view(entry).substr(0, name.size()) == name;
}

void set_variable(std::vector<std::string>& environment, std::string_view name,
                  const std::string& value) {
  std::erase_if(environment, [&](const std::string& entry) { return is_variable(entry, name); });
  environment.push_back(std::string(name) + "=" + value);
}

// The launcher's environment with the group's changes. A launcher that is itself run by a rank's
// script must not hand that rank's identity on.
std::vector<std::string> environment_of(const program_group& group) {
  std::vector<std::string> environment;
  for (char** entry = environ; entry && *entry; ++entry) {
    if (!is_variable(*entry, start_variable_name)) environment.emplace_back(*entry);
  }
  for (const auto& [name, value] : group.environment) set_variable(environment, name, value);
  return environment;
}

std::string search_path_of(const std::vector<std::string>& environment) {
  constexpr std::string_view name = "PATH";
  const auto found =
      std::find_if(environment.begin(), environment.end(),
                   [&](const std::string& entry) { return is_variable(entry, name); });
  return found == environment.end() ? "/usr/local/bin:/usr/bin:/bin"
                                    : found->substr(name.size() + 1);
}

}  // namespace

std::vector<rank_start> plan_ranks(const run_options& options,
                                   const std::vector<placement>& placements) {
  std::vector<rank_start> ranks;
  for (const program_group& group : options.groups) {
    const auto environment = environment_of(group);
    const std::string search_path = search_path_of(environment);
    check_directory(group.directory);
    const std::string program = find_program(group.command[0], group.directory, search_path);
    const std::string wrapper =
        options.wrapper.empty() ? std::string()
                                : find_program(options.wrapper[0], group.directory, search_path);
    for (std::uint32_t i = 0; i < group.ranks; ++i) {
      const auto rank = static_cast<std::uint32_t>(ranks.size());
      rank_start start;
      start.path = program;
      if (!wrapper.empty() && options.wrapped.includes(rank)) {
        start.path = wrapper;
        start.arguments = options.wrapper;
      }
      start.arguments.insert(start.arguments.end(), group.command.begin(), group.command.end());
      start.environment = environment;
      start.directory = group.directory;
      start.where = placements[rank];
      ranks.push_back(std::move(start));
    }
  }
  return ranks;
}

void add_start_variables(start_plan& plan, const runtime::job& job) {
  for (std::uint32_t rank = 0; rank < plan.ranks.size(); ++rank) {
    set_variable(plan.ranks[rank].environment, start_variable_name,
                 job.start_variable(rank, plan.arena, plan.control));
  }
}

std::string dry_run_text(const run_options& options, const std::vector<rank_start>& ranks) {
  std::string text;
  std::uint32_t rank = 0;
  for (const program_group& group : options.groups) {
    for (std::uint32_t i = 0; i < group.ranks; ++i, ++rank) {
      const rank_start& start = ranks[rank];
      text += "rank " + std::to_string(rank) + ":";
      if (!start.directory.empty()) text += " cd " + shell_quoted(start.directory) + " &&";
      if (!start.where.processors.empty()) {
        text += " taskset -c " + list_text(start.where.processors);
      }
      if (!group.environment.empty()) text += " env";
      for (const auto& [name, value] : group.environment) {
        text.append(" ").append(shell_quoted(name + "=" + value));
      }
      for (const std::string& argument : start.arguments)
        text.append(" ").append(shell_quoted(argument));
      text += "\n";
    }
  }
  return text;
}

}  // namespace cohort::launcher
