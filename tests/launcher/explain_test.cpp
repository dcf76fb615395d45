// `cohort explain` and `cohort info --collectives`: what they say for every algorithm, the picture,
// and what is said about wrong words.
#include "launcher/explain.hpp"

#include "collectives/algorithm.hpp"
#include "collectives/call_signature.hpp"
#include "launcher/options.hpp"
#include "support/tool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace cohort::launcher {
namespace {

using words = std::vector<std::string>;
using test::lines_of;
using test::outcome;
using test::run_tool;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Columns on the terminal: bytes of UTF-8 that begin a character.
std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string complaint_about(const words& line) {
  try {
    explain(line);
  } catch (const usage_problem& problem) {
    return problem.what();
  }
  return "";
}

TEST(Explain, ShowsWhoSendsWhatToWhom) {
  const std::string text =
      explain(words{"broadcast", "--algorithm", "binomial", "-n", "8", "--root", "2"});
  EXPECT_EQ(text.substr(0, text.find('\n')), "broadcast by binomial, 8 ranks, root 2");
  EXPECT_TRUE(contains(text,
                       "step 1   2 → 6\n"
                       "step 2   2 → 4   6 → 0\n"
                       "step 3   0 → 1   2 → 3   4 → 5   6 → 7\n"))
      << text;
  EXPECT_TRUE(contains(text, "\n3 steps, 7 messages, 7 blocks on the way.\n")) << text;
}

TEST(Explain, NamesTheBlocks) {
  EXPECT_TRUE(contains(explain(words{"scatter", "--algorithm=binomial", "-n=4"}), "0 → 2  b2..b3"));
  EXPECT_TRUE(
      contains(explain(words{"all_to_all", "--algorithm", "bruck", "-n", "4"}), "0 → 1  0>1 0>3"));
  EXPECT_TRUE(
      contains(explain(words{"all_reduce", "--algorithm", "ring", "-n", "3"}), "0 → 1  p2 of 2,0"));
  EXPECT_TRUE(contains(explain(words{"scan", "--algorithm", "recursive_doubling", "-n", "4"}),
                       "1 → 3  0..1 => 0..3"));
  EXPECT_TRUE(contains(explain(words{"reduce_scatter", "--algorithm", "pairwise", "-n", "3"}),
                       "0 → 1  b1 of 0"));
}

TEST(Explain, CountsMessagesAndBlocks) {
  const std::string text = explain(words{"all_gather", "--algorithm", "ring", "-n", "5"});
  EXPECT_TRUE(contains(text, "0..4           4         4           4         4\n")) << text;
  EXPECT_TRUE(contains(text, "4 steps, 20 messages, 20 blocks on the way.")) << text;
  EXPECT_TRUE(contains(explain(words{"all_reduce", "--algorithm", "ring", "-n", "4"}),
                       "24 messages, 6 blocks"));
}

TEST(Explain, KnowsEveryAlgorithmAndKeepsItsLinesShort) {
  for (const collectives::algorithm& each : collectives::algorithms()) {
    for (const char* ranks : {"1", "2", "7", "64"}) {
      const std::string operation(collectives::name_of(each.operation));
      SCOPED_TRACE(operation + " by " + std::string(each.name) + ", " + ranks);
      const std::string text =
          explain(words{operation, "--algorithm", std::string(each.name), "-n", ranks});
      EXPECT_TRUE(contains(text, operation + " by " + std::string(each.name)));
      EXPECT_TRUE(contains(text, std::string(each.summary)));
      if (each.run) {
        EXPECT_TRUE(contains(text, "memory that the ranks of one host share"));
        continue;
      }
      for (const std::string& line : lines_of(text)) EXPECT_LE(columns(line), 100U) << line;
    }
  }
}

TEST(Explain, WithoutAlgorithmTakesTheOneForSmallBlocks) {
  EXPECT_TRUE(contains(explain(words{"broadcast"}), "broadcast by binomial, 8 ranks, root 0"));
}

TEST(Explain, DrawsEveryMessage) {
  const test::temporary_folder folder;
  for (const collectives::algorithm& each : collectives::message_algorithms()) {
    const std::string operation(collectives::name_of(each.operation));
    SCOPED_TRACE(operation + " by " + std::string(each.name));
    const std::string path = folder.path() + "/picture.svg";
    const std::string text =
        explain(words{operation, "--algorithm", std::string(each.name), "-n", "5", "--svg", path});
    EXPECT_TRUE(contains(text, "The picture is in " + path));
    const std::string svg = test::read_file(path);
    EXPECT_EQ(svg.substr(0, 5), "<svg ");
    EXPECT_EQ(svg.substr(svg.size() - 7), "</svg>\n");
    // An arrow for each message, the ranks at the top and at the bottom.
    EXPECT_TRUE(contains(text, ", " + std::to_string(count(svg, "marker-end=")) + " message"));
    EXPECT_EQ(count(svg, "<circle "), 10U);
    const std::size_t filled = collectives::has_root(each.operation) ? 2U : 0U;
    EXPECT_EQ(count(svg, " fill=\"#333\" "), filled);
    // Well-formed where labels hold what XML would take for a tag.
    EXPECT_EQ(count(svg, "<text "), count(svg, "</text>"));
    EXPECT_EQ(count(svg, "<g>"), count(svg, "</g>"));
    if (each.operation == detail::collective::all_to_all) {
      EXPECT_TRUE(contains(svg, "0&gt;1"));
    }
  }
}

TEST(Explain, AnswersWrongWordsWithTheRightOnes) {
  EXPECT_TRUE(contains(complaint_about({}), "which operation?"));
  EXPECT_TRUE(contains(complaint_about({"bradcast"}), "did you mean broadcast?"));
  EXPECT_TRUE(contains(complaint_about({"bradcast"}), "known are barrier, broadcast, scatter"));
  EXPECT_TRUE(contains(complaint_about({"scan", "--algorithm", "oak"}),
                       "scan has no algorithm oak; known are "));
  EXPECT_TRUE(contains(complaint_about({"scan", "--algorithm", "liner"}), "did you mean linear?"));
  EXPECT_TRUE(contains(complaint_about({"scan", "--root", "1"}), "scan has no root"));
  EXPECT_TRUE(contains(complaint_about({"gather", "--root", "8"}), "from 0 to 7"));
  EXPECT_TRUE(contains(complaint_about({"gather", "--root", "-1"}), "from 0 to 7"));
  for (const char* number : {"0", "257", "-1", "x", "", "2x"}) {
    EXPECT_TRUE(contains(complaint_about({"scan", "-n", number}), "from 1 to 256")) << number;
  }
  EXPECT_TRUE(contains(complaint_about({"scan", "-n"}), "-n needs a value"));
  EXPECT_TRUE(contains(complaint_about({"scan", "gather"}), "one operation at a time"));
  EXPECT_TRUE(contains(complaint_about({"scan", "--oak", "1"}), "unknown option --oak"));
  EXPECT_TRUE(contains(complaint_about({"scan", "--svg", "/no/such/folder/a.svg"}),
                       "can't write /no/such/folder/a.svg: No such file"));
  EXPECT_TRUE(contains(complaint_about({"broadcast", "--algorithm", "shared", "--svg", "a.svg"}),
                       "nothing to draw"));
}

TEST(Explain, IsACommandOfTheTool) {
  test::tool_run::options tool;
  tool.tool = "cohort";
  const outcome shown = run_tool({"explain", "gather", "-n", "2", "--algorithm", "linear"}, tool);
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_TRUE(contains(shown.output, "1 step, 1 message, 1 block on")) << shown.output;
  EXPECT_TRUE(contains(run_tool({"explain", "--help"}, tool).output, "Examples"));
  const outcome refused = run_tool({"explain", "oak"}, tool);
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_TRUE(contains(refused.errors, "known are barrier"));
}

TEST(CollectivesInfo, ListsEveryAlgorithmWithItsThresholds) {
  test::tool_run::options tool;
  tool.tool = "cohort";
  const outcome info = run_tool({"info", "--collectives"}, tool);
  EXPECT_EQ(info.exit_code, 0);
  EXPECT_EQ(info.output, collectives_text());
  for (const std::string& line : lines_of(info.output)) EXPECT_LE(columns(line), 100U) << line;
  for (const collectives::algorithm& each : collectives::algorithms()) {
    EXPECT_TRUE(contains(info.output, "\n  " + std::string(each.name) + " ")) << each.name;
  }
  EXPECT_TRUE(contains(info.output, "  scatter_all_gather    512 KiB and more, 4 ranks and more"));
  EXPECT_TRUE(contains(info.output, "  pipeline              by name only"));
  EXPECT_EQ(run_tool({"info", "--oak"}, tool).exit_code, 2);
}

}  // namespace
}  // namespace cohort::launcher
