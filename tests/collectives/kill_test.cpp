// Kills ranks in the middle of collectives, at random moments: all that are left must hear of it,
// agree on who is left, and go on with right results. 2 to 7 ranks, one or several deaths; with and
// without memory read by the kernel; ranks that sleep at once.
#include "death/nothing_left.hpp"
#include "support/tool.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <string>

namespace cohort::test {
namespace {

constexpr const char* patience = "30";  // seconds

void kill_some(int seed) {
  const int ranks = 2 + seed % 6;
  const int deaths = 1 + seed / 6 % (ranks - 1);
  SCOPED_TRACE("seed " + std::to_string(seed) + ", " + std::to_string(deaths) + " of " +
               std::to_string(ranks) + " ranks");
  tool_run::options chosen;
  if (seed % 3 == 1) chosen.environment.emplace_back("COHORT_SINGLE_COPY=0");
  if (seed % 4 == 1) chosen.environment.emplace_back("COHORT_WAIT=sleep");
  tool_run run({"-n", std::to_string(ranks), "--on-failure=continue", "--timeout", patience,
                COHORT_COLLECTIVE_SURVIVORS, std::to_string(seed), std::to_string(deaths)},
               chosen);
  const outcome done = run.finish();
  EXPECT_TRUE(death_test::nothing_left());
  EXPECT_EQ(done.exit_code, 128 + SIGKILL) << done.output << done.errors;
  EXPECT_EQ(lines_of(done.output).size(), static_cast<std::size_t>(ranks - deaths))
      << done.output << done.errors;
}

void kill_many(int first, int count) {
  const death_test::adopted_orphans orphans;
  for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) kill_some(first + i);
}

TEST(collective_kill, survivors_shrink_and_go_on) {
  kill_many(0, 40);
}

TEST(collective_kill_campaign, thousand_jobs) {
  kill_many(1000, 1000);
}

}  // namespace
}  // namespace cohort::test
