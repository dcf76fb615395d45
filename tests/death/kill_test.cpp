// Kills a rank in the middle of random traffic, at a random moment, and looks at what becomes of
// the others and of the job. 3 and 4 ranks; with and without the single copy of long messages.
#include "death/message.hpp"
#include "death/nothing_left.hpp"
#include "support/tool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <sstream>

namespace cohort::death_test {
namespace {

using test::outcome;
using test::tool_run;
using nanoseconds = std::chrono::nanoseconds;

// Microseconds after the start of the victim: in its start, or in the traffic.
constexpr int latest_kill = 40'000;

// Seconds after which the launcher ends a job that hangs and says where its ranks are.
constexpr const char* patience = "30";

// The command line of a job whose victim dies after `delay` microseconds.
std::vector<std::string> job(std::uint64_t seed, int ranks, int victim, int delay) {
  const std::vector<std::string> program{COHORT_DEATH_TRAFFIC, std::to_string(seed),
                                         std::to_string(victim)};
  std::vector<std::string> arguments{"--on-failure=continue", "--timeout", patience};
  const auto add = [&](int count) {
    if (count == 0) return;
    if (arguments.back() != patience) arguments.push_back(":");
    arguments.insert(arguments.end(), {"-n", std::to_string(count)});
    arguments.insert(arguments.end(), program.begin(), program.end());
  };
  add(victim);
  add(1);
  arguments.push_back(std::to_string(delay));
  add(ranks - victim - 1);
  return arguments;
}

// How long it took until survivors were told.
struct times {
  std::vector<nanoseconds> after_kill;
  std::vector<nanoseconds> in_call;  // the part that was spent in the call that needed the victim

  void add(const times& more) {
    after_kill.insert(after_kill.end(), more.after_kill.begin(), more.after_kill.end());
    in_call.insert(in_call.end(), more.in_call.begin(), more.in_call.end());
  }
};

// What the ranks of one job have printed.
times read_times(const std::string& output) {
  nanoseconds killed{0};
  std::vector<std::array<nanoseconds, 2>> failures;
  for (const std::string& line : test::lines_of(output)) {
    std::istringstream parts(line);
    std::string what;
    std::int64_t first = 0, second = 0;
    parts >> what >> first >> second;
    if (what == "killed") killed = nanoseconds(first);
    if (what == "failed") failures.push_back({nanoseconds(first), nanoseconds(second)});
  }
  EXPECT_GT(killed.count(), 0) << output;
  times result;
  for (const auto& [called, thrown] : failures) {
    result.after_kill.push_back(thrown - killed);
    result.in_call.push_back(thrown - std::max(called, killed));
  }
  return result;
}

// One job. Returns the times of its survivors.
times kill_one(std::uint64_t number) {
  const std::uint64_t seed = mix(number);
  const int ranks = 3 + static_cast<int>(number % 2);
  const int victim = static_cast<int>(mix(seed, 1) % static_cast<std::uint64_t>(ranks));
  const int delay = static_cast<int>(mix(seed, 2) % latest_kill);
  tool_run::options chosen;
  chosen.environment.emplace_back("COHORT_EAGER_LIMIT=4k");
  if (mix(seed, 3) % 4 == 0) chosen.environment.push_back("COHORT_SINGLE_COPY=0");
  const std::vector<std::string> arguments = job(seed, ranks, victim, delay);
  std::string command;
  for (const std::string& word : arguments) command += " " + word;
  SCOPED_TRACE("cohortrun" + command);

  tool_run run(arguments, chosen);
  const outcome done = run.finish();
  EXPECT_TRUE(nothing_left());
  EXPECT_EQ(done.exit_code, 128 + SIGKILL) << done.output << done.errors;
  const auto accounts = test::lines_of(done.errors);
  EXPECT_EQ(accounts.size(), 1U) << done.errors;

  times result = read_times(done.output);
  EXPECT_EQ(result.in_call.size(), static_cast<std::size_t>(ranks - 1))
      << done.output << done.errors;
  return result;
}

times kill_many(std::uint64_t first, std::uint64_t count) {
  const adopted_orphans orphans;
  times all;
  for (std::uint64_t i = 0; i < count && !testing::Test::HasFailure(); ++i) {
    all.add(kill_one(first + i));
  }
  return all;
}

// Prints a line about `samples`, and returns the longest.
nanoseconds summarize(const char* name, std::vector<nanoseconds> samples) {
  std::sort(samples.begin(), samples.end());
  const auto part = [&](std::size_t percent) {
    const nanoseconds sample = samples[(samples.size() - 1) * percent / 100];
    return std::chrono::duration<double, std::milli>(sample).count();
  };
  std::printf("rank_failed %s: median %.2f ms, 99 %% within %.2f ms, longest %.2f ms\n", name,
              part(50), part(99), part(100));
  return samples.back();
}

TEST(kill, survivors_learn_of_it_and_go_on) {
  kill_many(0, 30);
}

TEST(kill_campaign, thousand_kills) {
  const times all = kill_many(1'000'000, 1000);
  ASSERT_FALSE(all.in_call.empty());
  std::printf("%zu survivors\n", all.in_call.size());
  summarize("in the call that needs the dead rank", all.in_call);
  EXPECT_LE(summarize("after the kill", all.after_kill), std::chrono::seconds(1));
}

}  // namespace
}  // namespace cohort::death_test
