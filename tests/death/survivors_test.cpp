// With --on-failure=continue: what the survivors' calls do after a death, and after the orderly end
// of a rank that somebody still needs.
#include "death/nothing_left.hpp"
#include "support/tool.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

namespace cohort::death_test {
namespace {

struct scenario {
  const char* name;  // in survivors_program.cpp
  int ranks;
  int deaths;
};
void PrintTo(const scenario& s, std::ostream* out) {
  *out << s.name << " of " << s.ranks;
}

class survivors : public testing::TestWithParam<scenario> {};

TEST_P(survivors, see_what_is_promised) {
  const scenario& wanted = GetParam();
  for (const char* setting :
       {"COHORT_SINGLE_COPY=1", "COHORT_SINGLE_COPY=0", "COHORT_WAIT=sleep"}) {
    SCOPED_TRACE(setting);
    const adopted_orphans orphans;
    test::tool_run::options chosen;
    chosen.environment.emplace_back(setting);
    test::tool_run run({"-n", std::to_string(wanted.ranks), "--on-failure=continue",
                        COHORT_DEATH_SURVIVORS, wanted.name},
                       chosen);
    const auto done = run.finish();
    EXPECT_TRUE(nothing_left());
    EXPECT_EQ(done.exit_code, wanted.deaths == 0 ? 0 : 128 + SIGKILL) << done.errors;
    EXPECT_EQ(test::lines_of(done.output).size(),
              static_cast<std::size_t>(wanted.ranks - wanted.deaths))
        << done.errors;
    EXPECT_EQ(test::lines_of(done.errors).size(), static_cast<std::size_t>(wanted.deaths))
        << done.errors;
  }
}

INSTANTIATE_TEST_SUITE_P(
    scenarios, survivors,
    testing::Values(scenario{"named_calls", 3, 1}, scenario{"pending_calls", 7, 1},
                    scenario{"finalized_peer", 3, 0}, scenario{"sent_before_death", 2, 1},
                    scenario{"any_source", 3, 1}, scenario{"barrier", 3, 1},
                    scenario{"barrier", 4, 1}, scenario{"barrier", 7, 1}, scenario{"dup", 4, 1}));

}  // namespace
}  // namespace cohort::death_test
