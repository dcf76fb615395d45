// Puts accounts into words.
#include "launcher/account.hpp"

#include "launcher/system_text.hpp"
#include "launcher/topology.hpp"

#include <algorithm>

namespace cohort::launcher {

namespace {

using runtime::member_state;

constexpr std::size_t most_lines = 16;

std::string state_text(const rank_view& view) {
  if (view.state == member_state::left_by_throw) return "left by an exception";
  if (view.end && *view.end != 0) return ending_text(*view.end);
  switch (view.state) {
    case member_state::vacant:
      return view.end ? "ended without joining the job" : "not joined yet";
    case member_state::finalized:
      return "finished";
    default:
      return view.end ? "ended without finalizing" : "in no blocking call";
  }
}

// Fits one rank and several. How long a wait has lasted differs from rank to rank.
std::string doing(const rank_view& view, bool with_duration) {
  std::string text = state_text(view);
  if (view.waiting && !view.end) {
    text = "in " + (with_duration ? view.waiting->text() : view.waiting->call());
  }
  if (!view.last_words.empty()) text += "; last words: " + view.last_words;
  return text;
}

struct group {
  std::string text;
  const rank_view* example;  // of several that wait, the one that has waited longest
  std::vector<std::uint32_t> ranks;
};

bool waits_longer(const rank_view& a, const rank_view& b) {
  return a.waiting && b.waiting && a.waiting->lasted > b.waiting->lasted;
}

std::vector<group> equal_ones_together(const std::vector<rank_view>& ranks) {
  std::vector<group> groups;
  for (const rank_view& view : ranks) {
    const std::string text = doing(view, false);
    auto found =
        std::find_if(groups.begin(), groups.end(), [&](const group& g) { return g.text == text; });
    if (found == groups.end()) found = groups.insert(found, {text, &view, {}});
    if (waits_longer(view, *found->example)) found->example = &view;
    found->ranks.push_back(view.rank);
  }
  return groups;
}

}  // namespace

std::string failure_line(const std::string& host, const rank_view& failed) {
  const int end = failed.end.value_or(0);
  std::string text = "rank " + std::to_string(failed.rank) + " (host " + host + ", pid " +
                     std::to_string(failed.pid) + ") " + ending_text(end);
  if (failed.state == member_state::finalized) {
    text += " after it had left the job in good order";
  } else if (failed.state == member_state::left_by_throw) {
    text += " after an exception had ended its cohort::environment";
  } else if (end == 0 && failed.state != member_state::vacant) {
    text += " without finalizing: its cohort::environment was not destroyed";
  }
  if (failed.waiting) text += " while it was in " + failed.waiting->text();
  if (!failed.last_words.empty()) text += "; last words: " + failed.last_words;
  return text;
}

std::string activities(const std::vector<rank_view>& ranks) {
  const std::vector<group> groups = equal_ones_together(ranks);
  std::string text;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == most_lines) {
      return text + "  and " + std::to_string(groups.size() - i) + " more kinds\n";
    }
    const group& each = groups[i];
    text += (each.ranks.size() == 1 ? "  rank " : "  ranks ") + list_text(each.ranks) + ": ";
    text += doing(*each.example, true) + "\n";
  }
  return text;
}

}  // namespace cohort::launcher
