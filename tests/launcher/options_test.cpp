// The command line of cohortrun: every option, its spellings, and what is said about wrong ones.
#include "launcher/options.hpp"

#include <gtest/gtest.h>

namespace cohort::launcher {
namespace {

using words = std::vector<std::string>;

run_options parse(const words& line, std::uint32_t processors = 4) {
  return parse_run_options(line, processors);
}

std::string complaint_about(const words& line, std::uint32_t processors = 4) {
  try {
    parse(line, processors);
  } catch (const usage_problem& problem) {
    return problem.what();
  }
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(options, number_of_ranks_has_many_spellings) {
  for (const words& line : {words{"-n", "3", "a"},
                            {"-np", "3", "a"},
                            {"--np", "3", "a"},
                            {"-n=3", "a"},
                            {"--np=3", "a"}}) {
    EXPECT_EQ(parse(line).total_ranks(), 3U) << line[0];
  }
}

TEST(options, without_number_one_rank_per_processor) {
  EXPECT_EQ(parse({"a"}, 6).total_ranks(), 6U);
  EXPECT_EQ(parse({"--cpus-per-rank", "4", "a"}, 6).total_ranks(), 1U);
}

TEST(options, everything_after_the_program_is_the_programmes) {
  const auto options = parse({"-n", "1", "a", "-n", "7", "--help", "--unknown"});
  EXPECT_EQ(options.groups[0].command, (words{"a", "-n", "7", "--help", "--unknown"}));
  EXPECT_EQ(parse({"-n", "1", "--", "-odd"}).groups[0].command, words{"-odd"});
}

TEST(options, groups_have_their_own_ranks_variables_and_folder) {
  const auto options = parse(
      {"-n", "1", "-x", "A=1", "a", "b", ":", "-n", "2", "--wdir", "/tmp", "-x", "B=x=y", "c"});
  ASSERT_EQ(options.groups.size(), 2U);
  EXPECT_EQ(options.groups[0].command, (words{"a", "b"}));
  EXPECT_EQ(options.groups[0].environment[0].first, "A");
  EXPECT_EQ(options.groups[0].directory, "");
  EXPECT_EQ(options.groups[1].ranks, 2U);
  EXPECT_EQ(options.groups[1].environment.size(), 1U);
  EXPECT_EQ(options.groups[1].environment[0].second, "x=y");
  EXPECT_EQ(options.groups[1].directory, "/tmp");
}

TEST(options, choices) {
  const auto options = parse({"-n", "4", "--stdin", "2", "--tag-output", "--output-filename", "o",
                              "--timeout", "1.5", "--wrap", "gdb --args", "--wrap-rank", "3",
                              "--on-failure=continue", "-q", "-v", "--dry-run", "a"});
  EXPECT_TRUE(options.input.includes(2));
  EXPECT_FALSE(options.input.includes(0));
  EXPECT_TRUE(options.tag_output);
  EXPECT_EQ(options.output_prefix, "o");
  EXPECT_EQ(options.timeout, std::chrono::milliseconds(1500));
  EXPECT_EQ(options.wrapper, (words{"gdb", "--args"}));
  EXPECT_TRUE(options.wrapped.includes(3));
  EXPECT_FALSE(options.wrapped.includes(0));
  EXPECT_EQ(options.on_failure, failure_policy::go_on);
  EXPECT_TRUE(options.quiet && options.verbose && options.dry_run);
}

TEST(options, binding) {
  EXPECT_FALSE(parse({"a"}).binding.to_core);
  EXPECT_TRUE(parse({"--bind-to", "core", "a"}).binding.to_core);
  EXPECT_TRUE(parse({"--map-by", "socket", "a"}).binding.to_core);
  EXPECT_TRUE(parse({"--cpus-per-rank", "2", "a"}).binding.to_core);
  EXPECT_FALSE(parse({"--bind-to", "none", "--map-by", "core", "a"}).binding.to_core);
  EXPECT_EQ(parse({"--map-by", "numa", "a"}).binding.order, mapping::by_numa_node);
  EXPECT_TRUE(parse({"-n", "9", "--oversubscribe", "a"}).binding.oversubscribe);
}

TEST(options, numbers_that_can_not_be) {
  for (const char* number : {"0", "-1", "abc", "", "2x", "99999999999999999999", "1000000"}) {
    EXPECT_TRUE(contains(complaint_about({"-n", number, "a"}), "whole number from 1 to")) << number;
  }
  for (const char* time : {"0", "-1", "soon", "", "nan"}) {
    EXPECT_TRUE(contains(complaint_about({"--timeout", time, "a"}), "seconds")) << time;
  }
}

TEST(options, ranks_that_do_not_exist) {
  EXPECT_TRUE(contains(complaint_about({"-n", "2", "--stdin", "2", "a"}), "ranks 0 to 1"));
  EXPECT_TRUE(contains(complaint_about({"-n", "2", "--wrap-rank", "5", "a"}), "ranks 0 to 1"));
  EXPECT_TRUE(contains(complaint_about({"-n", "900", "a", ":", "-n", "900", "b"}), "1800 ranks"));
}

TEST(options, oversubscription_can_be_refused) {
  EXPECT_EQ(complaint_about({"-n", "9", "a"}), "");
  EXPECT_TRUE(contains(complaint_about({"-n", "9", "--nooversubscribe", "a"}), "4 processors"));
}

TEST(options, unknown_ones_suggest_the_nearest) {
  EXPECT_TRUE(contains(complaint_about({"--tag-outptu", "a"}), "did you mean --tag-output?"));
  EXPECT_TRUE(contains(complaint_about({"--bindto", "core", "a"}), "did you mean --bind-to?"));
  EXPECT_TRUE(contains(complaint_about({"-n2", "a"}), "did you mean -n?"));
  for (const char* far : {"--xyzzyxyzzy", "-k"}) {
    EXPECT_TRUE(contains(complaint_about({far, "a"}), "--help"));
    EXPECT_FALSE(contains(complaint_about({far, "a"}), "did you mean"));
  }
}

TEST(options, habits_from_mpirun_are_answered) {
  EXPECT_TRUE(contains(complaint_about({"--allow-run-as-root", "a"}), "leave it out"));
  EXPECT_TRUE(contains(complaint_about({"--host", "b", "a"}), "on this host"));
  EXPECT_TRUE(contains(complaint_about({"--mca", "btl", "self", "a"}), "cohort info"));
}

TEST(options, missing_parts) {
  EXPECT_TRUE(contains(complaint_about({}), "which program?"));
  EXPECT_TRUE(contains(complaint_about({"-n", "2"}), "which program?"));
  EXPECT_TRUE(contains(complaint_about({"a", ":"}), "beside a `:`"));
  EXPECT_TRUE(contains(complaint_about({":", "a"}), "beside a `:`"));
  EXPECT_TRUE(contains(complaint_about({"-n"}), "needs a value"));
  EXPECT_TRUE(contains(complaint_about({"--quiet=1", "a"}), "takes no value"));
  EXPECT_TRUE(contains(complaint_about({"--bind-to", "moon", "a"}), "core or none"));
  EXPECT_TRUE(contains(complaint_about({"--map-by", "moon", "a"}), "socket"));
  EXPECT_TRUE(contains(complaint_about({"--on-failure", "cry", "a"}), "end or continue"));
  EXPECT_TRUE(contains(complaint_about({"-x", "=1", "a"}), "NAME"));
  EXPECT_TRUE(contains(complaint_about({"-x", "NO_SUCH_VARIABLE_HERE", "a"}), "not set"));
  EXPECT_TRUE(contains(complaint_about({"-x", "COHORT_JOB=1", "a"}), "COHORT_JOB"));
}

TEST(options, help_needs_no_program) {
  EXPECT_TRUE(parse({"--help"}).help);
  EXPECT_TRUE(parse({"-n", "2", "-h"}).help);
  EXPECT_TRUE(parse({"-V"}).version);
}

TEST(words, are_split_as_a_shell_splits_them) {
  EXPECT_EQ(split_words("gdb --args"), (words{"gdb", "--args"}));
  EXPECT_EQ(split_words("  a  'b c' \"d 'e\" f\\ g \\\\ '' "),
            (words{"a", "b c", "d 'e", "f g", "\\", ""}));
  EXPECT_EQ(split_words(""), words{});
  EXPECT_THROW(split_words("'open"), usage_problem);
}

TEST(words, survive_quoting_and_splitting) {
  for (const std::string word : {"plain", "", "two words", "it's", "$HOME", "a\"b", "a\\b", "*"}) {
    EXPECT_EQ(split_words(shell_quoted(word)), words{word});
  }
  EXPECT_EQ(shell_quoted("/usr/bin/env"), "/usr/bin/env");
}

}  // namespace
}  // namespace cohort::launcher
