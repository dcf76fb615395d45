// Algorithms explained: the schedules of all ranks acted out, as text and as a picture.
#pragma once

#include "collectives/algorithm.hpp"
#include "collectives/schedule/simulate.hpp"

#include <string>
#include <vector>

namespace cohort::collectives {

// An algorithm at work. The neighbourhood forms are shown on a ring, where the neighbours of a rank
// are those before and after it.
struct example {
  const algorithm* by;
  int ranks;
  int root;
};

// What happens when the schedules that also run are acted out. Only for algorithms over messages.
simulation act_out(const example& shown);

// Steps with their messages, what each rank sends and receives, totals; lines of up to 100 columns.
// For an algorithm in the arena, which has no messages, a word on how it works.
std::string explain_text(const example& shown);

// A space-time diagram as SVG: ranks side by side, steps downwards, messages as arrows. Only for
// algorithms over messages.
std::string explain_svg(const example& shown);

// "broadcast by binomial, 8 ranks, root 2"
std::string title_of(const example& shown);
// What the message carries, such as "b4..b7", of up to about `width` columns; what the short forms
// mean says `legend_of`, in a line.
std::string label_of(detail::collective operation, const std::vector<symbolic_block>& blocks,
                     std::size_t width);
std::string legend_of(detail::collective operation, bool sliced);
// What a rank has after it has combined: for each message that brought a single whole operand;
// empty for others.
std::string combined_by(const simulation& seen, const simulated_message& message,
                        detail::collective operation);

}  // namespace cohort::collectives
