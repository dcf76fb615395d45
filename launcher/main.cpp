// The tool `cohort`, known as `cohortrun` when it is to run a job.
#include "launcher/descriptor.hpp"
#include "launcher/explain.hpp"
#include "launcher/help.hpp"
#include "launcher/info.hpp"
#include "launcher/options.hpp"
#include "launcher/program.hpp"
#include "launcher/run.hpp"

#include <cohort/error.hpp>
#include <cohort/version.hpp>

#include "runtime/settings.hpp"
#include "runtime/system.hpp"

#include <array>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace launcher = cohort::launcher;

constexpr int usage_exit_code = 2;

int print(std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? 0 : 1;
}

int run(std::span<const std::string> words, std::span<char> command_line) {
  const auto options = launcher::parse_run_options(words, cohort::runtime::usable_processors());
  if (options.help) return print(launcher::run_help());
  if (options.version) return print("cohortrun " COHORT_VERSION "\n");
  return launcher::run(options, command_line);
}

int info(std::span<const std::string> words) {
  if (words.empty()) return print(launcher::info_text());
  const bool collectives = words[0] == "--collectives";
  if (collectives && words.size() == 1) return print(launcher::collectives_text());
  throw launcher::usage_problem("cohort info takes --collectives or nothing, not " +
                                words[collectives ? 1 : 0]);
}

int dispatch(std::span<const std::string> words, std::span<char> command_line) {
  if (words.empty()) {
    std::fputs(std::string(launcher::tool_help()).c_str(), stderr);
    return usage_exit_code;
  }
  const std::string& command = words[0];
  if (command == "run") return run(words.subspan(1), command_line);
  if (command == "info") return info(words.subspan(1));
  if (command == "explain") return print(launcher::explain(words.subspan(1)));
  if (command == "help" || command == "--help" || command == "-h") {
    return print(launcher::tool_help());
  }
  if (command == "--version" || command == "-V") return print("cohort " COHORT_VERSION "\n");
  constexpr std::array<std::string_view, 6> commands{"run",  "info",   "explain",
                                                     "help", "--help", "--version"};
  const auto near = cohort::runtime::nearest(command, commands);
  throw launcher::usage_problem("unknown command " + command +
                                (near.empty() ? "" : "; did you mean " + std::string(near) + "?") +
                                " (`cohort help` lists them)");
}

// The arguments stand one after the other in memory, from the first to the end of the last.
std::span<char> memory_of(int count, char** arguments) {
  if (count == 0) return {};
  char* const last = arguments[count - 1];
  return {arguments[0], last + std::strlen(last)};
}

int complain(const std::string& name, const char* what, int exit_code) {
  std::fprintf(stderr, "%s: %s\n", name.c_str(), what);
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  std::string name = argc > 0 ? argv[0] : "cohort";
  name.erase(0, name.rfind('/') + 1);
  try {
    launcher::fill_standard_descriptors();
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    const std::span<char> command_line = memory_of(argc, argv);
    return name == "cohortrun" ? run(words, command_line) : dispatch(words, command_line);
  } catch (const launcher::usage_problem& problem) {
    return complain(name, problem.what(), usage_exit_code);
  } catch (const launcher::program_problem& problem) {
    return complain(name, problem.what(), problem.exit_code);
  } catch (const cohort::setting_error& problem) {
    return complain(name, problem.message().c_str(), usage_exit_code);
  } catch (const cohort::error& problem) {
    return complain(name, problem.message().c_str(), 1);
  } catch (const std::exception& problem) {
    return complain(name, problem.what(), 1);
  }
}
