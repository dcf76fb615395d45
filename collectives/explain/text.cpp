// Algorithms explained as text.
#include "collectives/explain/explain.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace cohort::collectives {

namespace {

constexpr std::size_t line_width = 100;
constexpr std::size_t label_width = 30;

// One message as a cell of a line; `wide` counts columns, of which → takes one and three bytes.
struct cell {
  std::string text;
  std::size_t wide;
};

std::string number(int value, std::size_t width) {
  std::string text = std::to_string(value);
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

// 1, 0.75, 12.5
std::string volume(double blocks) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.2f", blocks);
  std::string trimmed = text.data();
  trimmed.erase(trimmed.find_last_not_of('0') + 1);
  if (trimmed.back() == '.') trimmed.pop_back();
  return trimmed;
}

std::string right(const std::string& text, std::size_t width) {
  return std::string(width > text.size() ? width - text.size() : 0, ' ') + text;
}

cell cell_of(const simulation& seen, const simulated_message& m, detail::collective operation,
             std::size_t digits) {
  const std::string from = number(m.from, digits);
  const std::string to = number(m.to, digits);
  std::string rest = label_of(operation, m.blocks, label_width);
  if (!rest.empty()) rest.insert(0, "  ");
  const std::string made = combined_by(seen, m, operation);
  if (!made.empty()) rest += " => " + made;
  return {from + " → " + to + rest, from.size() + 3 + to.size() + rest.size()};
}

// "step 3   0 → 1   2 → 3", in as many lines as are needed, the cells below each other.
std::string steps_text(const example& shown, const simulation& seen) {
  const std::size_t digits = std::to_string(shown.ranks - 1).size();
  const std::size_t step_digits = std::to_string(seen.steps).size();
  std::vector<cell> cells;
  std::size_t widest = 0;
  for (const simulated_message& m : seen.messages) {
    cells.push_back(cell_of(seen, m, shown.by->operation, digits));
    widest = std::max(widest, cells.back().wide);
  }
  const std::size_t indent = 5 + step_digits + 3;
  const std::size_t columns = std::max<std::size_t>(1, (line_width - indent + 3) / (widest + 3));
  std::string text;
  for (std::size_t i = 0; i < cells.size();) {
    const int step = seen.messages[i].step;
    text += "step " + number(step, step_digits);
    for (std::size_t column = 0; i < cells.size() && seen.messages[i].step == step; ++i) {
      if (column == columns) {
        text += "\n" + std::string(indent - 3, ' ');
        column = 0;
      }
      text += "   " + cells[i].text;
      const bool last_of_line =
          ++column == columns || i + 1 == cells.size() || seen.messages[i + 1].step != step;
      if (!last_of_line) text += std::string(widest - cells[i].wide, ' ');
    }
    text += "\n";
  }
  return text;
}

struct traffic {
  int sent = 0;
  int received = 0;
  double blocks_out = 0;
  double blocks_in = 0;
  double blocks_combined = 0;

  bool operator==(const traffic&) const = default;
};

std::string table_line(const std::string& name, const traffic& t, bool combines) {
  std::string text = right(name, 8) + right(std::to_string(t.sent), 12) +
                     right(volume(t.blocks_out), 10) + right(std::to_string(t.received), 12) +
                     right(volume(t.blocks_in), 10);
  if (combines) text += right(volume(t.blocks_combined), 12);
  return text + "\n";
}

std::string totals_text(const example& shown, const simulation& seen) {
  std::vector<traffic> by_rank(static_cast<std::size_t>(shown.ranks));
  traffic total;
  for (const simulated_message& m : seen.messages) {
    double blocks = 0;
    for (const symbolic_block& b : m.blocks) blocks += 1.0 / b.parts;
    for (traffic* t : {&by_rank[static_cast<std::size_t>(m.from)], &total}) {
      ++t->sent;
      t->blocks_out += blocks;
    }
    for (traffic* t : {&by_rank[static_cast<std::size_t>(m.to)], &total}) {
      ++t->received;
      t->blocks_in += blocks;
    }
  }
  for (const simulated_combination& made : seen.combinations) {
    for (traffic* t : {&by_rank[static_cast<std::size_t>(made.rank)], &total}) {
      t->blocks_combined += 1.0 / made.result.parts;
    }
  }
  const bool combines = !seen.combinations.empty();
  std::string text = "    rank    messages    blocks    messages    blocks";
  text += combines ? "      blocks\n" : "\n";
  text += "                sent      sent    received  received";
  text += combines ? "    combined\n" : "\n";
  // Ranks beside each other that do as much are one line.
  for (std::size_t rank = 0; rank < by_rank.size();) {
    std::size_t last = rank;
    while (last + 1 < by_rank.size() && by_rank[last + 1] == by_rank[rank]) ++last;
    const std::string from = std::to_string(rank);
    text += table_line(last == rank ? from : from + ".." + std::to_string(last), by_rank[rank],
                       combines);
    rank = last + 1;
  }
  return text + table_line("all", total, combines) + "\n" + std::to_string(seen.steps) +
         (seen.steps == 1 ? " step, " : " steps, ") + std::to_string(total.sent) +
         (total.sent == 1 ? " message, " : " messages, ") + volume(total.blocks_out) +
         (total.blocks_out == 1 ? " block" : " blocks") + " on the way.\n";
}

std::string arena_text(const example& shown) {
  std::string text =
      std::string(name_of(shown.by->operation)) + " by " + std::string(shown.by->name) + "\n" +
      std::string(shown.by->summary) +
      "\n\n"
      "It runs in the memory that the ranks of one host share: each rank posts there what it\n"
      "has, or where it lies, and the others read it. No messages are sent, so there are no\n"
      "steps to show. Over messages there are:\n";
  for (const algorithm& each : algorithms_of(shown.by->operation)) {
    if (each.plan) text += "  " + std::string(each.name) + ": " + std::string(each.summary) + "\n";
  }
  return text;
}

}  // namespace

simulation act_out(const example& shown) {
  std::vector<schedule> schedules;
  for (int rank = 0; rank < shown.ranks; ++rank) {
    const std::array<int, 2> around{(rank + shown.ranks - 1) % shown.ranks,
                                    (rank + 1) % shown.ranks};
    schedules.push_back(shown.by->plan(
        {.rank = rank, .size = shown.ranks, .root = shown.root, .to = around, .from = around}));
  }
  return simulate(schedules);
}

std::string explain_text(const example& shown) {
  if (!shown.by->plan) return arena_text(shown);
  const simulation seen = act_out(shown);
  const std::string head = title_of(shown) + "\n" + std::string(shown.by->summary) + "\n\n";
  if (seen.messages.empty()) return head + "A single rank has nobody to send to.\n";
  return head + legend_of(shown.by->operation, shown.by->slices) + "\n\n" +
         steps_text(shown, seen) + "\n" + totals_text(shown, seen);
}

}  // namespace cohort::collectives
