// The one account of a failure: who failed how, what it was doing, and what the others waited for.
#pragma once

#include "runtime/job.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cohort::launcher {

// What is known of one rank at the moment of the account.
struct rank_view {
  std::uint32_t rank = 0;
  std::int32_t pid = 0;
  runtime::member_state state = runtime::member_state::vacant;
  bool ended = false;
  std::optional<std::string> activity;
  std::string last_words;
};

// "rank 2 (host a, pid 7) died of SIGSEGV (Segmentation fault) while it was in recv(…)", with the
// exception that ended it. One line without a newline.
std::string failure_line(const std::string& host, const rank_view& failed, int wait_status);

// What each of the ranks does, equal ones together, two spaces in front of each line.
std::string activities(const std::vector<rank_view>& ranks);

}  // namespace cohort::launcher
