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

runtime::seen_wait receiving_from(std::int32_t peer, std::int64_t seconds) {
  return {"recv", peer, 7, 0, "a.cpp", 8, seconds * 1'000'000'000};
}

rank_view ended(member_state state, int status) {
  return {.rank = 3, .pid = 42, .state = state, .end = status};
}

TEST(failure_line, names_rank_host_pid_and_end) {
  EXPECT_EQ(failure_line("a", ended(member_state::joined, exit_status(2))),
            "rank 3 (host a, pid 42) exited with code 2");
  EXPECT_EQ(failure_line("a", ended(member_state::joined, 11)),
            "rank 3 (host a, pid 42) died of SIGSEGV (Segmentation fault)");
}

TEST(failure_line, has_activity_and_exception) {
  rank_view failed = ended(member_state::joined, exit_status(1));
  failed.waiting = receiving_from(1, 2);
  failed.last_words = "out of cheese";
  EXPECT_EQ(failure_line("a", failed),
            "rank 3 (host a, pid 42) exited with code 1 while it was in recv(rank 1, tag 7) at "
            "a.cpp:8 for 2.0 s; last words: out of cheese");
}

TEST(failure_line, explains_an_exit_code_of_zero) {
  EXPECT_NE(failure_line("a", ended(member_state::joined, 0)).find("without finalizing"),
            std::string::npos);
}

TEST(failure_line, tells_how_the_environment_had_ended) {
  EXPECT_EQ(failure_line("a", ended(member_state::finalized, exit_status(2))),
            "rank 3 (host a, pid 42) exited with code 2 after it had left the job in good order");
  EXPECT_EQ(failure_line("a", ended(member_state::left_by_throw, exit_status(1))),
            "rank 3 (host a, pid 42) exited with code 1 after an exception had ended its "
            "cohort::environment");
}

TEST(activities, group_equal_ones_and_show_the_longest_wait) {
  std::vector<rank_view> ranks;
  for (std::uint32_t rank = 0; rank < 4; ++rank) {
    ranks.push_back({.rank = rank,
                     .state = member_state::joined,
                     .waiting = receiving_from(9, rank == 2 ? 5 : 1)});
  }
  ranks.push_back({.rank = 4, .state = member_state::joined});
  ranks.push_back({.rank = 5, .state = member_state::finalized, .end = 0});
  ranks.push_back({.rank = 6, .state = member_state::left_by_throw, .last_words = "bad_alloc"});
  ranks.push_back({.rank = 7, .state = member_state::finalized, .end = exit_status(2)});
  ranks.push_back({.rank = 8, .state = member_state::vacant, .end = exit_status(2)});
  EXPECT_EQ(activities(ranks),
            "  ranks 0-3: in recv(rank 9, tag 7) at a.cpp:8 for 5.0 s\n"
            "  rank 4: in no blocking call\n"
            "  rank 5: finished\n"
            "  rank 6: left by an exception; last words: bad_alloc\n"
            "  ranks 7,8: exited with code 2\n");
}

TEST(activities, stay_short) {
  std::vector<rank_view> ranks;
  for (std::uint32_t rank = 0; rank < 256; ++rank) {
    ranks.push_back({.rank = rank,
                     .state = member_state::joined,
                     .waiting = receiving_from(static_cast<std::int32_t>(rank), 1)});
  }
  const std::string text = activities(ranks);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 17);
  EXPECT_NE(text.find("and 240 more"), std::string::npos);
}

}  // namespace
}  // namespace cohort::launcher
