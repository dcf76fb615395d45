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
  runtime::member_state state = runtime::member_state::vacant;  // vacant: it has never joined
  std::optional<int> end = std::nullopt;  // as of waitpid; none: its process lives
  std::optional<runtime::seen_wait> waiting = std::nullopt;
  std::string last_words = {};
};

// "rank 2 (host a, pid 7) died of SIGSEGV (Segmentation fault) while it was in recv(…)", with the
// exception that ended it. One line without a newline. The rank's process has ended.
std::string failure_line(const std::string& host, const rank_view& failed);

// What each of the ranks does, equal ones together, two spaces in front of each line. Of equal
// waits the longest counts.
std::string activities(const std::vector<rank_view>& ranks);

}  // namespace cohort::launcher
