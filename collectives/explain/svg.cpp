// Algorithms explained as a picture: a space-time diagram.
#include "collectives/explain/explain.hpp"

#include "collectives/call_signature.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace cohort::collectives {

namespace {

// Of the Okabe and Ito palette, which the colour-blind can tell apart; a sender's messages have its
// colour.
constexpr std::array<std::string_view, 6> colours{"#0072b2", "#d55e00", "#009e73",
                                                  "#a8559b", "#b38600", "#4a4a4a"};

constexpr int left = 84;
constexpr int right_margin = 48;
constexpr int top = 104;
constexpr int head_radius = 13;

std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '>') {
      safe += "&gt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string attribute(std::string_view name, int value) {
  return " " + std::string(name) + "=\"" + std::to_string(value) + "\"";
}

std::string line(int x1, int y1, int x2, int y2, std::string_view more) {
  return "<line" + attribute("x1", x1) + attribute("y1", y1) + attribute("x2", x2) +
         attribute("y2", y2) + " " + std::string(more) + "/>\n";
}

std::string words(int x, int y, std::string_view more, std::string_view text) {
  return "<text" + attribute("x", x) + attribute("y", y) + " " + std::string(more) + ">" +
         escaped(text) + "</text>\n";
}

// Where things are: it all follows from the numbers of ranks and steps.
struct geometry {
  int ranks;
  int steps;
  int between_ranks;
  int step_height;

  int x(int rank) const { return left + rank * between_ranks; }
  int y(int step) const { return top + (step - 1) * step_height; }  // where the step begins
  int bottom() const { return y(steps + 1) + 28; }
  int width() const { return std::max(x(ranks - 1) + right_margin, 640); }
  int height() const { return bottom() + head_radius + 16; }
};

geometry geometry_of(const example& shown, const simulation& seen) {
  const int between = std::clamp(1100 / std::max(1, shown.ranks - 1), 36, 110);
  return {shown.ranks, seen.steps, between, 84};
}

std::string backdrop(const example& shown, const geometry& g) {
  std::string svg = "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
  svg += words(16, 28, "class=\"title\"", title_of(shown));
  svg += words(16, 48, "class=\"note\"", shown.by->summary);
  svg += words(16, 65, "class=\"note\"", legend_of(shown.by->operation, shown.by->slices));
  for (int step = 1; step <= g.steps; ++step) {
    if (step % 2 == 1) {
      svg += "<rect x=\"0\"" + attribute("y", g.y(step)) + attribute("width", g.width()) +
             attribute("height", g.step_height) + " fill=\"#f3f5f7\"/>\n";
    }
    svg += words(16, g.y(step) + g.step_height / 2 + 4, "class=\"note\"",
                 "step " + std::to_string(step));
  }
  return svg;
}

std::string head(const example& shown, int x, int y, int rank) {
  const bool is_root = has_root(shown.by->operation) && rank == shown.root;
  return "<circle" + attribute("cx", x) + attribute("cy", y) + attribute("r", head_radius) +
         (is_root ? " fill=\"#333\" stroke=\"#333\"/>\n" : " fill=\"white\" stroke=\"#333\"/>\n") +
         words(x, y + 4, is_root ? "class=\"root\"" : "class=\"rank\"", std::to_string(rank));
}

std::string ranks_svg(const example& shown, const geometry& g) {
  std::string svg;
  for (int rank = 0; rank < g.ranks; ++rank) {
    svg += line(g.x(rank), top - 16, g.x(rank), g.bottom(), "stroke=\"#999\"");
    svg += head(shown, g.x(rank), top - 16, rank);
    svg += head(shown, g.x(rank), g.bottom(), rank);
  }
  return svg;
}

// The ends of a message's arrow. The one to the left begins lower, so that the labels of two ranks
// that face each other have lines of their own.
struct span_of_arrow {
  int x1, y1, x2, y2;
};

span_of_arrow arrow_of(const geometry& g, const simulated_message& m) {
  const int begin = g.y(m.step) + (m.to > m.from ? 17 : 31);
  return {g.x(m.from), begin, g.x(m.to), g.y(m.step) + g.step_height - 16};
}

std::size_t colour_of(const simulated_message& m) {
  return static_cast<std::size_t>(m.from) % colours.size();
}

std::string arrow(const example& shown, const geometry& g, const simulated_message& m) {
  const auto [x1, y1, x2, y2] = arrow_of(g, m);
  const std::string all = label_of(shown.by->operation, m.blocks, 1000);
  const std::string ends = "step " + std::to_string(m.step) + ", " + std::to_string(m.from) +
                           " to " + std::to_string(m.to);
  return "<g><title>" + escaped(ends + (all.empty() ? "" : ": " + all)) + "</title>" +
         line(x1, y1, x2, y2,
              "stroke=\"" + std::string(colours[colour_of(m)]) +
                  "\" stroke-width=\"1.6\" marker-end=\"url(#head" + std::to_string(colour_of(m)) +
                  ")\"") +
         "</g>\n";
}

// Words on a white edge, over whatever lines there are.
std::string label(int x, int y, std::string_view anchor, std::string_view colour,
                  const std::string& text) {
  const std::string common = "class=\"label\" text-anchor=\"" + std::string(anchor) + "\"";
  return words(x, y, common + " stroke=\"white\" stroke-width=\"3\"", text) +
         words(x, y, common + " fill=\"" + std::string(colour) + "\"", text);
}

// Beside the sender, above the arrow; if it sends several in this step, below the arrow's head; if
// these come together as well, nowhere: the arrows' titles tell.
std::string labels_svg(const example& shown, const geometry& g, const simulation& seen) {
  std::map<std::pair<int, int>, int> sent;
  std::map<std::pair<int, int>, int> received;
  for (const simulated_message& m : seen.messages) {
    ++sent[{m.step, m.from}];
    ++received[{m.step, m.to}];
  }
  const auto most = static_cast<std::size_t>(g.between_ranks) / 6;  // characters
  std::string svg;
  for (const simulated_message& m : seen.messages) {
    const auto [x1, y1, x2, y2] = arrow_of(g, m);
    const std::string_view colour = colours[colour_of(m)];
    const bool rightwards = m.to > m.from;
    const std::string text = label_of(shown.by->operation, m.blocks, most);
    const std::string made = combined_by(seen, m, shown.by->operation);
    if (!made.empty()) svg += label(x2, y2 + 12, "middle", "#222", "=> " + made);
    if (text.empty() || text.size() > most) continue;
    if (sent[{m.step, m.from}] == 1) {
      svg += label(x1 + (rightwards ? 5 : -5), y1 - 3, rightwards ? "start" : "end", colour, text);
    } else if (received[{m.step, m.to}] == 1 && made.empty()) {
      svg += label(x2, y2 + 12, "middle", colour, text);
    }
  }
  return svg;
}

}  // namespace

std::string explain_svg(const example& shown) {
  const simulation seen = act_out(shown);
  const geometry g = geometry_of(shown, seen);
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\"" + attribute("width", g.width()) +
                    attribute("height", g.height()) + " viewBox=\"0 0 " +
                    std::to_string(g.width()) + " " + std::to_string(g.height()) +
                    "\" font-family=\"sans-serif\">\n<style>\n"
                    ".title { font-size: 18px; font-weight: bold; }\n"
                    ".note { font-size: 12px; fill: #555; }\n"
                    ".rank { font-size: 12px; text-anchor: middle; }\n"
                    ".root { font-size: 12px; text-anchor: middle; fill: white; }\n"
                    ".label { font-size: 11px; }\n</style>\n<defs>\n";
  for (std::size_t i = 0; i < colours.size(); ++i) {
    svg += "<marker id=\"head" + std::to_string(i) +
           "\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" "
           "orient=\"auto\"><path d=\"M0 0 L8 4 L0 8 z\" fill=\"" +
           std::string(colours[i]) + "\"/></marker>\n";
  }
  svg += "</defs>\n" + backdrop(shown, g) + ranks_svg(shown, g);
  for (const simulated_message& m : seen.messages) svg += arrow(shown, g, m);
  return svg + labels_svg(shown, g, seen) + "</svg>\n";
}

}  // namespace cohort::collectives
