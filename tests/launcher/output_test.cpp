// Output and input of ranks: whole lines, prompts, tags, files, slow and absent consumers.
#include "support/tool.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

namespace cohort::test {
namespace {

using words = std::vector<std::string>;

// Four ranks write many lines of several lengths, each of one letter.
words many_lines(int length, int count) {
  const std::string script = "c=$(echo abcdefgh | cut -c$(($$ % 8 + 1))); line=$(head -c " +
                             std::to_string(length) +
                             " /dev/zero | tr '\\0' $c); i=0; while [ $i -lt " +
                             std::to_string(count) + " ]; do echo $line; i=$((i+1)); done";
  return {"-n", "4", "sh", "-c", script};
}

void expect_whole_lines(const std::string& output, std::size_t length, std::size_t count) {
  const auto lines = lines_of(output);
  EXPECT_EQ(lines.size(), count);
  for (const std::string& line : lines) {
    ASSERT_EQ(line.size(), length);
    ASSERT_EQ(line.find_first_not_of(line[0]), std::string::npos) << "two ranks in one line";
  }
}

TEST(output, lines_of_different_ranks_do_not_mix) {
  for (const int length : {1, 100, 5000, 40000}) {
    const outcome done = run_tool(many_lines(length, 50));
    EXPECT_EQ(done.exit_code, 0);
    expect_whole_lines(done.output, static_cast<std::size_t>(length), 200);
  }
}

TEST(output, lines_longer_than_any_buffer_do_not_mix) {
  const std::string script =
      "c=$(echo abcdefgh | cut -c$(($$ % 8 + 1))); for i in 1 2; do head -c 1000000 /dev/zero | "
      "tr '\\0' $c; echo; done";
  const outcome done = run_tool({"-n", "4", "sh", "-c", script});
  EXPECT_EQ(done.exit_code, 0);
  expect_whole_lines(done.output, 1000000, 8);
}

TEST(output, standard_output_and_error_stay_apart) {
  const outcome done = run_tool({"-n", "2", "sh", "-c", "echo out; echo err >&2"});
  EXPECT_EQ(done.output, "out\nout\n");
  EXPECT_EQ(done.errors, "err\nerr\n");
}

TEST(output, both_into_one_place_do_not_mix_either) {
  tool_run::options merged;
  merged.merge_errors = true;
  const outcome done = run_tool(
      {"-n", "4", "sh", "-c",
       "i=0; while [ $i -lt 200 ]; do echo out-out-out; echo err-err-err >&2; i=$((i+1)); done"},
      merged);
  const auto lines = lines_of(done.output);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "out-out-out"), 800);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "err-err-err"), 800);
  EXPECT_EQ(lines.size(), 1600U);
}

TEST(output, prompt_appears_before_its_line_is_finished) {
  tool_run::options with_input;
  with_input.open_input = true;
  tool_run run({"-n", "2", "--stdin", "0", "sh", "-c", "printf 'name? '; read n; echo \"<$n>\""},
               with_input);
  run.wait_for_output("name? ");
  run.send_input("Ada\n");
  run.wait_for_output("<Ada>");
}

TEST(output, line_after_anothers_prompt_starts_a_line_of_its_own) {
  tool_run::options with_input;
  with_input.open_input = true;
  tool_run run({"--stdin", "1", "-n", "1", "sh", "-c", "printf 'prompt> '; exec sleep 1000", ":",
                "-n", "1", "sh", "-c", "read go; echo whole line"},
               with_input);
  run.wait_for_output("prompt> ");
  run.send_input("go\n");
  run.wait_for_output("whole line\n");
  EXPECT_EQ(run.output(), "prompt> \nwhole line\n");
}

TEST(output, unfinished_last_line_is_not_lost) {
  EXPECT_EQ(run_tool({"-n", "1", "printf", "end"}).output, "end");
  EXPECT_EQ(run_tool({"-n", "2", "printf", "end"}).output, "end\nend");
}

TEST(output, tags_name_rank_and_stream) {
  const outcome done =
      run_tool({"-n", "2", "--tag-output", "sh", "-c", "echo a; echo b; echo c >&2; printf d"});
  for (const char* rank : {"0", "1"}) {
    const std::string tag = std::string("[1,") + rank + "]<stdout>:";
    EXPECT_NE(done.output.find(tag + "a\n"), std::string::npos) << done.output;
    EXPECT_NE(done.output.find(tag + "b\n"), std::string::npos);
    EXPECT_NE(done.output.find(tag + "d"), std::string::npos);
    EXPECT_NE(done.errors.find(std::string("[1,") + rank + "]<stderr>:c\n"), std::string::npos);
  }
}

TEST(output, single_rank_can_be_tagged) {
  EXPECT_EQ(run_tool({"-n", "1", "--tag-output", "echo", "a"}).output, "[1,0]<stdout>:a\n");
}

TEST(output, files_per_rank) {
  const temporary_folder folder;
  const std::string prefix = folder.path() + "/log";
  const outcome done = run_tool(
      {"-n", "2", "--output-filename", prefix, "sh", "-c", "echo to file; echo wrong >&2"});
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.output + done.errors, "");
  for (const char* rank : {"0", "1"}) {
    EXPECT_EQ(read_file(prefix + "." + rank + ".stdout"), "to file\n");
    EXPECT_EQ(read_file(prefix + "." + rank + ".stderr"), "wrong\n");
  }
  EXPECT_EQ(run_tool({"-n", "1", "--output-filename", folder.path(), "echo", "x"}).exit_code, 0);
  EXPECT_EQ(read_file(folder.path() + "/0.stdout"), "x\n");
  const outcome failed = run_tool({"-n", "2", "--output-filename", "/no/such/x", "true"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_NE(failed.errors.find("--output-filename"), std::string::npos);
}

TEST(output, slow_consumer_loses_nothing) {
  tool_run run({"-n", "4", "sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x; echo; echo last"});
  run.wait_for_output("x");
  // All ranks are blocked by now, or will be: nobody reads until here.
  const outcome done = run.finish();
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(std::count(done.output.begin(), done.output.end(), 'x'), 4 * 3000000);
  EXPECT_EQ(lines_of(done.output).size(), 8U);
}

TEST(output, consumer_that_goes_away_ends_the_writers) {
  tool_run run({"-n", "2", "yes"});
  run.wait_for_output("y\n");
  run.close_output();
  const outcome done = run.finish();
  EXPECT_EQ(done.exit_code, 128 + SIGPIPE);
  EXPECT_EQ(done.errors, "");
  EXPECT_TRUE(run.everything_ended());
}

TEST(input, goes_to_rank_zero) {
  tool_run::options with_input;
  with_input.open_input = true;
  tool_run run({"-n", "3", "--tag-output", "cat"}, with_input);
  run.send_input("one\ntwo\n");
  run.close_input();
  const outcome done = run.finish();
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.output, "[1,0]<stdout>:one\n[1,0]<stdout>:two\n");
}

TEST(input, goes_to_the_rank_that_is_named) {
  tool_run::options with_input;
  with_input.open_input = true;
  tool_run run({"-n", "3", "--stdin", "2", "--tag-output", "cat"}, with_input);
  run.send_input("x\n");
  run.close_input();
  EXPECT_EQ(run.finish().output, "[1,2]<stdout>:x\n");
}

TEST(input, goes_to_all_ranks) {
  tool_run::options with_input;
  with_input.open_input = true;
  // Rank 1 does not read, which must not keep the others from reading.
  tool_run run(
      {"--stdin", "all", "-n", "1", "wc", "-c", ":", "-n", "1", "true", ":", "-n", "1", "wc", "-c"},
      with_input);
  run.send_input(std::string(500000, 'x'));
  run.close_input();
  const outcome done = run.finish();
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.output, "500000\n500000\n");
}

TEST(input, can_be_nobodys) {
  tool_run::options with_input;
  with_input.open_input = true;
  tool_run run({"-n", "2", "--stdin", "none", "cat"}, with_input);  // ends though ours is open
  const outcome done = run.finish();
  EXPECT_EQ(done.exit_code, 0);
  EXPECT_EQ(done.output, "");
}

}  // namespace
}  // namespace cohort::test
