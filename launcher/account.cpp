// Puts accounts into words.
#include "launcher/account.hpp"

#include "launcher/system_text.hpp"
#include "launcher/topology.hpp"

#include <sys/wait.h>

#include <algorithm>

namespace cohort::launcher {

namespace {

using runtime::member_state;

constexpr std::size_t most_lines = 16;

// Without the time that it has lasted, which differs from rank to rank.
std::string without_duration(const std::string& activity) {
  return activity.substr(0, activity.rfind(" for "));
}

// Fits one rank and several.
std::string doing(const rank_view& view) {
  switch (view.state) {
    case member_state::vacant:
      return view.ended ? "ended without joining the job" : "not joined yet";
    case member_state::joined:
      return view.activity ? "in " + without_duration(*view.activity) : "in no blocking call";
    case member_state::finalized:
      return "finished";
    case member_state::left_by_throw:
      return "left by an exception";
    case member_state::dead:
      return "dead";
  }
  return "in an unknown state";
}

struct group {
  std::string text;
  std::string duration;  // of the first rank of the group
  std::vector<std::uint32_t> ranks;
};

}  // namespace

std::string failure_line(const std::string& host, const rank_view& failed, int wait_status) {
  std::string text = "rank " + std::to_string(failed.rank) + " (host " + host + ", pid " +
                     std::to_string(failed.pid) + ") " + ending_text(wait_status);
  const bool good_code = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
  const bool joined = failed.state != member_state::vacant;
  if (failed.state == member_state::finalized) {
    text += " after it had finished its part";
  } else if (good_code && joined) {
    text += " without finalizing: its cohort::environment was not destroyed";
  }
  if (failed.activity) text += " while it was in " + *failed.activity;
  if (!failed.last_words.empty()) text += "; last words: " + failed.last_words;
  return text;
}

std::string activities(const std::vector<rank_view>& ranks) {
  std::vector<group> groups;
  for (const rank_view& view : ranks) {
    std::string text = doing(view);
    if (!view.last_words.empty()) text += "; last words: " + view.last_words;
    auto found =
        std::find_if(groups.begin(), groups.end(), [&](const group& g) { return g.text == text; });
    if (found == groups.end()) {
      const auto duration = view.activity ? view.activity->rfind(" for ") : std::string::npos;
      groups.push_back(
          {text, duration == std::string::npos ? "" : view.activity->substr(duration), {}});
      found = groups.end() - 1;
    }
    found->ranks.push_back(view.rank);
  }
  std::string text;
  std::size_t told = 0;
  for (const group& each : groups) {
    if (told == most_lines) {
      text += "  and " + std::to_string(groups.size() - told) + " more kinds\n";
      break;
    }
    ++told;
    text += (each.ranks.size() == 1 ? "  rank " : "  ranks ") + list_text(each.ranks) + ": " +
            each.text + each.duration + "\n";
  }
  return text;
}

}  // namespace cohort::launcher
