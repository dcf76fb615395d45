// The words of an account.
#include "launcher/account.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace cohort::launcher {
namespace {

using runtime::member_state;

constexpr int exit_status(int code) {
  return code << 8;
}

TEST(FailureLine, NamesRankHostPidAndEnd) {
  rank_view failed{3, 42, member_state::joined, true, std::nullopt, ""};
  EXPECT_EQ(failure_line("a", failed, exit_status(2)),
            "rank 3 (host a, pid 42) exited with code 2");
  EXPECT_EQ(failure_line("a", failed, 11),
            "rank 3 (host a, pid 42) died of SIGSEGV (Segmentation fault)");
}

TEST(FailureLine, HasActivityAndException) {
  rank_view failed{0,
                   1,
                   member_state::joined,
                   true,
                   "recv(rank 1, tag 7) at a.cpp:8 for 2.0 s",
                   "out of cheese"};
  EXPECT_EQ(failure_line("a", failed, exit_status(1)),
            "rank 0 (host a, pid 1) exited with code 1 while it was in recv(rank 1, tag 7) at "
            "a.cpp:8 for 2.0 s; last words: out of cheese");
}

TEST(FailureLine, ExplainsAnExitCodeOfZero) {
  rank_view failed{0, 1, member_state::joined, true, std::nullopt, ""};
  EXPECT_NE(failure_line("a", failed, 0).find("without finalizing"), std::string::npos);
}

TEST(FailureLine, TellsFailuresAfterTheEndOfTheEnvironment) {
  rank_view failed{0, 1, member_state::finalized, true, std::nullopt, ""};
  EXPECT_NE(failure_line("a", failed, 11).find("after it had finished"), std::string::npos);
}

TEST(Activities, GroupEqualOnesWhateverTheirDuration) {
  std::vector<rank_view> ranks;
  for (std::uint32_t rank = 0; rank < 4; ++rank) {
    ranks.push_back({rank, 1, member_state::joined, false,
                     "recv(rank 9, tag 1) at a.cpp:8 for " + std::to_string(rank) + ".0 s", ""});
  }
  ranks.push_back({4, 1, member_state::joined, false, std::nullopt, ""});
  ranks.push_back({5, 1, member_state::finalized, true, std::nullopt, ""});
  ranks.push_back({6, 1, member_state::left_by_throw, false, std::nullopt, "bad_alloc"});
  EXPECT_EQ(activities(ranks),
            "  ranks 0-3: in recv(rank 9, tag 1) at a.cpp:8 for 0.0 s\n"
            "  rank 4: in no blocking call\n"
            "  rank 5: finished\n"
            "  rank 6: left by an exception; last words: bad_alloc\n");
}

TEST(Activities, StayShort) {
  std::vector<rank_view> ranks;
  for (std::uint32_t rank = 0; rank < 256; ++rank) {
    ranks.push_back({rank, 1, member_state::joined, false,
                     "recv(rank " + std::to_string(rank) + ", tag 1)", ""});
  }
  const std::string text = activities(ranks);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 17);
  EXPECT_NE(text.find("and 240 more"), std::string::npos);
}

}  // namespace
}  // namespace cohort::launcher
