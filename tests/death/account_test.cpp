// The default: a rank's end without finalizing ends the job. Every way to end, against the others
// in every call that blocks.
#include "death/nothing_left.hpp"
#include "support/tool.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdio>

namespace cohort::death_test {
namespace {

using test::has;
using test::outcome;
using test::tool_run;
using words = std::vector<std::string>;

struct end {
  const char* how;         // as member_program.cpp has it
  int exit_code;           // of the job
  const char* in_account;  // after "rank 1 (host H, pid P) "
};
void PrintTo(const end& e, std::ostream* out) {
  *out << e.how;
}

struct wait {
  const char* name;
  const char* in_account;  // after the rank
};
constexpr wait recv{"recv", "in recv(rank 1, tag 7) at "};
constexpr wait any_source{"any_source", "in recv(any source, tag 7) at "};
constexpr wait barrier{"barrier", "in barrier"};
constexpr wait probe{"probe", "in probe(rank 1, tag 7) at "};
constexpr wait ssend{"ssend", "in ssend(rank 1, tag 7) at "};
constexpr wait wait_all{"wait_all", "in wait_all(rank 1, tag 7) at "};

// Ranks 0, 2 and 3 wait; the job of four must end with one account of all.
void expect_account(const end& death, const std::vector<wait>& waits) {
  const adopted_orphans orphans;
  words arguments{"-n", "4", COHORT_TEST_MEMBER_PROGRAM, death.how};
  for (const wait& each : waits) arguments.emplace_back(each.name);
  tool_run run(arguments);
  const outcome done = run.finish();
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  EXPECT_TRUE(nothing_left());
  EXPECT_EQ(done.exit_code, death.exit_code);

  long long ended = 0;
  ASSERT_EQ(std::sscanf(done.output.c_str(), "ended %lld", &ended), 1) << done.errors;
  const auto took = now - std::chrono::nanoseconds(ended);
  std::printf("%s: the job was gone after %.1f ms\n", death.how,
              std::chrono::duration<double, std::milli>(took).count());
  EXPECT_LT(took, std::chrono::seconds(10));

  EXPECT_TRUE(has(done.errors, "cohortrun: rank 1 (host "));
  EXPECT_TRUE(has(done.errors, std::string(") ") + death.in_account));
  EXPECT_TRUE(has(done.errors, "exit code " + std::to_string(death.exit_code)));
  for (std::size_t i = 0; i < waits.size(); ++i) {
    const std::string rank = std::to_string(i == 0 ? 0 : i + 1);
    const std::string start = "  rank " + rank + ": " + waits[i].in_account;
    const auto at = done.errors.find(start);
    ASSERT_NE(at, std::string::npos) << start << " is not in: " << done.errors;
    const std::string line = done.errors.substr(at, done.errors.find('\n', at) - at);
    EXPECT_TRUE(has(line, "member_program.cpp:"));
  }
}

class death_of : public testing::TestWithParam<end> {};

TEST_P(death_of, is_told_where_others_receive) {
  expect_account(GetParam(), {recv, any_source, barrier});
}

TEST_P(death_of, is_told_where_others_wait_otherwise) {
  expect_account(GetParam(), {probe, ssend, wait_all});
}

INSTANTIATE_TEST_SUITE_P(
    ends, death_of,
    testing::Values(
        end{"exit=0", 1, "exited with code 0 without finalizing"},
        end{"exit=3", 3, "exited with code 3"},
        end{"throw", 128 + SIGABRT, "died of SIGABRT (Aborted); last words: out of cheese"},
        end{"abort=7", 7, "exited with code 7; last words: abort(7) was called"},
        end{"signal=9", 128 + SIGKILL,
            "died of SIGKILL (Killed) while it was in recv(rank 2, tag 9) at "},
        end{"signal=11", 128 + SIGSEGV,
            "died of SIGSEGV (Segmentation fault) while it was in recv(rank 2, tag 9) at "}));

}  // namespace
}  // namespace cohort::death_test
