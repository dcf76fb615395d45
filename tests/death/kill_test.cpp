// Kills a rank in the middle of random traffic, at a random moment, and looks at what becomes of
// the others and of the job. 3 and 4 ranks; with and without the single copy of long messages.
#include "death/message.hpp"
#include "death/nothing_left.hpp"
#include "launcher/tool.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <sstream>

namespace cohort::death_test {
namespace {

using launcher_test::outcome;
using launcher_test::tool_run;
using nanoseconds = std::chrono::nanoseconds;

constexpr int latest_kill =
    40'000;  // microseconds after the start of the victim: within the traffic

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

// One job. Adds to `times` what each survivor needed to learn of the death.
void kill_one(std::uint64_t number, std::vector<nanoseconds>& times) {
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
  const auto accounts = launcher_test::lines_of(done.errors);
  EXPECT_EQ(accounts.size(), 1U) << done.errors;

  nanoseconds killed{0};
  std::vector<nanoseconds> failed;
  for (const std::string& line : launcher_test::lines_of(done.output)) {
    std::istringstream parts(line);
    std::string what;
    std::int64_t when = 0;
    parts >> what >> when;
    if (what == "killed") killed = nanoseconds(when);
    if (what == "failed") failed.emplace_back(when);
  }
  EXPECT_GT(killed.count(), 0) << done.output;
  EXPECT_EQ(failed.size(), static_cast<std::size_t>(ranks - 1)) << done.output << done.errors;
  for (const nanoseconds when : failed) times.push_back(when - killed);
}

std::vector<nanoseconds> kill_many(std::uint64_t first, int count) {
  const adopted_orphans orphans;
  std::vector<nanoseconds> times;
  for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) {
    kill_one(first + static_cast<std::uint64_t>(i), times);
  }
  std::sort(times.begin(), times.end());
  return times;
}

TEST(Kill, SurvivorsLearnOfItAndGoOn) {
  kill_many(0, 30);
}

TEST(KillCampaign, ThousandKills) {
  const auto times = kill_many(1'000'000, 1000);
  ASSERT_FALSE(times.empty());
  const auto milliseconds = [](nanoseconds t) { return static_cast<double>(t.count()) * 1e-6; };
  std::printf(
      "%zu survivors; time to rank_failed: median %.2f ms, 99 %% within %.2f ms, "
      "longest %.2f ms\n",
      times.size(), milliseconds(times[times.size() / 2]),
      milliseconds(times[times.size() * 99 / 100]), milliseconds(times.back()));
  EXPECT_LE(times.back(), std::chrono::seconds(1));
}

}  // namespace
}  // namespace cohort::death_test
