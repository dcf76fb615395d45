// Every algorithm over messages, for 1 to 33 ranks and every root, run without data: the result is
// what the operation is defined to give, each contribution in it exactly once and in rank order,
// and the steps and bytes are as many as its summary says.
#include "collectives/algorithm.hpp"
#include "collectives/call_signature.hpp"
#include "collectives/schedule/simulate.hpp"

#include <cohort/constants.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace cohort::collectives {

// Found by GoogleTest, to name the parameter of a failed test.
void PrintTo(const algorithm& by, std::ostream* out) {
  *out << name_of(by.operation) << " by " << by.name;
}

namespace {

using detail::collective;

constexpr int most_ranks = 33;  // beyond a power of two

bool has_neighbors(collective operation) {
  return operation == collective::neighbor_all_gather ||
         operation == collective::neighbor_all_to_all;
}

simulation run(const algorithm& by, int size, int root) {
  std::vector<schedule> schedules;
  for (int rank = 0; rank < size; ++rank) {
    schedules.push_back(by.plan({.rank = rank, .size = size, .root = root}));
  }
  return simulate(schedules);
}

std::vector<int> ranks_up_to(int end) {
  std::vector<int> ranks(static_cast<std::size_t>(end));
  std::iota(ranks.begin(), ranks.end(), 0);
  return ranks;
}

// What a block of a result is made of: block `block` of each of the ranks `of`.
struct origin {
  int block;
  std::vector<int> of;
};

// The definition of the operations: rank's result, by block.
std::map<int, origin> definition(collective operation, int size, int root, int rank) {
  const bool at_root = rank == root;
  std::map<int, origin> blocks;
  switch (operation) {
    case collective::broadcast:
      if (!at_root) blocks[0] = {0, {root}};
      break;
    case collective::scatter:
      blocks[0] = {rank, {root}};
      break;
    case collective::gather:
      for (int from = 0; at_root && from < size; ++from) blocks[from] = {0, {from}};
      break;
    case collective::all_gather:
      for (int from = 0; from < size; ++from) blocks[from] = {0, {from}};
      break;
    case collective::all_to_all:
      for (int from = 0; from < size; ++from) blocks[from] = {rank, {from}};
      break;
    case collective::reduce:
      if (at_root) blocks[0] = {0, ranks_up_to(size)};
      break;
    case collective::all_reduce:
      blocks[0] = {0, ranks_up_to(size)};
      break;
    case collective::reduce_scatter:
      blocks[0] = {rank, ranks_up_to(size)};
      break;
    case collective::scan:
      blocks[0] = {0, ranks_up_to(rank + 1)};
      break;
    case collective::exscan:
      if (rank > 0) blocks[0] = {0, ranks_up_to(rank)};
      break;
    default:  // a barrier has no result; the neighbourhood forms have tests of their own
      break;
  }
  return blocks;
}

// One rank's result against the definition.
void check_result(const std::vector<simulated_result>& stored, const std::map<int, origin>& wanted,
                  bool reorders) {
  std::map<int, std::vector<bool>> seen;  // by block: its parts
  for (const auto& [place, value] : stored) {
    const int block = static_cast<int>(place.block);
    ASSERT_TRUE(wanted.count(block)) << "stores block " << block;
    auto& parts = seen[block];
    parts.resize(place.parts);
    ASSERT_EQ(parts.size(), place.parts);
    ASSERT_LT(place.part, place.parts);
    EXPECT_FALSE(parts[place.part]) << "stored twice";
    parts[place.part] = true;
    EXPECT_EQ(value.part, place.part);
    EXPECT_EQ(value.parts, place.parts);
    EXPECT_EQ(static_cast<int>(value.block), wanted.at(block).block);
    std::vector<int> of = value.of;
    if (reorders) std::sort(of.begin(), of.end());
    EXPECT_EQ(of, wanted.at(block).of) << "block " << block << " part " << place.part;
  }
  for (const auto& [block, from] : wanted) {
    ASSERT_TRUE(seen.count(block)) << "misses block " << block;
    EXPECT_EQ(std::count(seen[block].begin(), seen[block].end(), false), 0) << "block " << block;
  }
}

std::string description(const testing::TestParamInfo<algorithm>& of) {
  return std::string(name_of(of.param.operation)) + "_by_" + std::string(of.param.name);
}

class message_algorithm : public testing::TestWithParam<algorithm> {};

TEST_P(message_algorithm, gives_what_the_operation_is_defined_to_give) {
  const algorithm& by = GetParam();
  if (has_neighbors(by.operation)) return;
  for (int size = 1; size <= most_ranks; ++size) {
    for (int root = 0; root < (has_root(by.operation) ? size : 1); ++root) {
      SCOPED_TRACE(std::to_string(size) + " ranks, root " + std::to_string(root));
      simulation seen;
      ASSERT_NO_THROW(seen = run(by, size, root));
      for (int rank = 0; rank < size; ++rank) {
        SCOPED_TRACE("rank " + std::to_string(rank));
        check_result(seen.results[static_cast<std::size_t>(rank)],
                     definition(by.operation, size, root, rank), by.reorders);
        if (HasFailure()) return;
      }
    }
  }
}

// What is combined is always an interval of ranks, its lower part on the left.
TEST_P(message_algorithm, keeps_rank_order_unless_it_says_otherwise) {
  const algorithm& by = GetParam();
  if (has_neighbors(by.operation)) return;
  bool reorders = false;
  for (int size = 1; size <= most_ranks; ++size) {
    for (int root = 0; root < (has_root(by.operation) ? size : 1); ++root) {
      for (const simulated_combination& made : run(by, size, root).combinations) {
        const std::vector<int>& of = made.result.of;
        for (std::size_t i = 1; i < of.size(); ++i) reorders |= of[i] != of[i - 1] + 1;
      }
    }
  }
  EXPECT_EQ(reorders, by.reorders);
}

// The table says whether an algorithm splits blocks.
TEST_P(message_algorithm, slices_only_if_it_says_so) {
  const algorithm& by = GetParam();
  bool slices = false;
  for (int size = 1; size <= most_ranks; ++size) {
    for (int rank = 0; rank < size; ++rank) {
      for (const assignment& a : by.plan({.rank = rank, .size = size}).load) slices |= a.parts > 1;
    }
  }
  EXPECT_EQ(slices, by.slices);
}

// Which operand stands with which must depend on neither the root nor the rank that asks: results
// are compared bit for bit.
TEST_P(message_algorithm, associates_alike_for_every_root) {
  const algorithm& by = GetParam();
  if (by.operation != collective::reduce) return;
  for (int size = 1; size <= most_ranks; ++size) {
    const auto association = [&](int root) {
      std::vector<std::pair<std::uint32_t, std::vector<int>>> made;
      for (const auto& c : run(by, size, root).combinations) {
        made.emplace_back(c.result.part, c.result.of);
      }
      std::sort(made.begin(), made.end());
      return made;
    };
    const auto first = association(0);
    for (int root = 1; root < size; ++root) EXPECT_EQ(association(root), first) << size << root;
  }
}

INSTANTIATE_TEST_SUITE_P(schedules, message_algorithm,
                         testing::ValuesIn(message_algorithms().begin(),
                                           message_algorithms().end()),
                         description);

// Nobody may leave a barrier before everyone has entered it: each has heard of all.
TEST(barrier_schedules, tell_every_rank_of_every_other) {
  for (const algorithm& by : message_algorithms()) {
    if (by.operation != collective::barrier) continue;
    for (int size = 1; size <= most_ranks; ++size) {
      SCOPED_TRACE(std::string(by.name) + ", " + std::to_string(size) + " ranks");
      const auto ranks = static_cast<std::size_t>(size);
      std::vector<std::vector<bool>> heard(ranks, std::vector<bool>(ranks));
      for (std::size_t rank = 0; rank < ranks; ++rank) heard[rank][rank] = true;
      const simulation seen = run(by, size, 0);
      for (int step = 1; step <= seen.steps; ++step) {
        const auto before = heard;
        for (const simulated_message& m : seen.messages) {
          if (m.step != step) continue;
          auto& to = heard[static_cast<std::size_t>(m.to)];
          const auto& from = before[static_cast<std::size_t>(m.from)];
          for (std::size_t rank = 0; rank < ranks; ++rank) to[rank] = to[rank] || from[rank];
        }
      }
      for (const auto& of : heard) EXPECT_EQ(std::count(of.begin(), of.end(), false), 0);
    }
  }
}

int log2_up(int n) {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(n - 1)));
}
int log2_down(int n) {
  return static_cast<int>(std::bit_width(static_cast<unsigned>(n))) - 1;
}
// For a power of two; else with the two steps of the fold.
int folded(int n) {
  return std::has_single_bit(static_cast<unsigned>(n)) ? log2_up(n) : log2_down(n) + 2;
}
int twice_folded(int n) {
  return 2 * log2_down(n) + folded(n) - log2_down(n);
}

struct cost_case {
  collective operation;
  const char* name;
  int (*steps)(int n);
  int (*messages)(int n);
  double (*busiest)(int n);  // blocks that the rank that sends most sends
};

double none(int) {
  return 0;
}
double n_less_one(int n) {
  return n - 1;
}
double spread(int n) {
  return 2.0 * (n - 1) / n;
}

TEST(schedule_costs, are_those_of_the_literature) {
  const std::vector<cost_case> cases{
      {collective::barrier, "dissemination", log2_up, [](int n) { return n * log2_up(n); }, none},
      {collective::barrier, "tree", [](int n) { return 2 * log2_up(n); },
       [](int n) { return 2 * (n - 1); }, none},
      {collective::broadcast, "linear", [](int n) { return n > 1 ? 1 : 0; },
       [](int n) { return n - 1; }, n_less_one},
      {collective::broadcast, "binomial", log2_up, [](int n) { return n - 1; },
       [](int n) { return static_cast<double>(log2_up(n)); }},
      {collective::broadcast, "pipeline", [](int n) { return n > 1 ? n + 6 : 0; },
       [](int n) { return 8 * (n - 1); }, [](int n) { return n > 1 ? 1.0 : 0.0; }},
      {collective::scatter, "binomial", log2_up, [](int n) { return n - 1; }, n_less_one},
      {collective::scatter, "linear", [](int n) { return n > 1 ? 1 : 0; },
       [](int n) { return n - 1; }, n_less_one},
      {collective::gather, "binomial", log2_up, [](int n) { return n - 1; },
       [](int n) {
         // The largest tree below a child of the root.
         double most = n > 1 ? 1 : 0;
         for (int d = 1; d < n; d *= 2) most = std::max(most, double(std::min(d, n - d)));
         return most;
       }},
      {collective::all_gather, "ring", [](int n) { return n - 1; },
       [](int n) { return n * (n - 1); }, n_less_one},
      {collective::all_gather, "bruck", log2_up, [](int n) { return n * log2_up(n); }, n_less_one},
      {collective::all_to_all, "pairwise", [](int n) { return n - 1; },
       [](int n) { return n * (n - 1); }, n_less_one},
      {collective::all_to_all, "bruck", log2_up, [](int n) { return n * log2_up(n); },
       [](int n) {
         int bits = 0;
         for (int distance = 1; distance < n; ++distance) {
           bits += std::popcount(static_cast<unsigned>(distance));
         }
         return static_cast<double>(bits);
       }},
      {collective::reduce, "linear", [](int n) { return n - 1; }, [](int n) { return n - 1; },
       [](int n) { return n > 1 ? 1.0 : 0.0; }},
      {collective::reduce, "binomial", log2_up, [](int n) { return n - 1; },
       [](int n) { return n > 1 ? 1.0 : 0.0; }},
      {collective::all_reduce, "reduce_broadcast", [](int n) { return 2 * log2_up(n); },
       [](int n) { return 2 * (n - 1); }, nullptr},
      {collective::all_reduce, "ring", [](int n) { return 2 * (n - 1); },
       [](int n) { return 2 * n * (n - 1); }, spread},
      {collective::all_reduce, "recursive_doubling", folded, nullptr, nullptr},
      {collective::all_reduce, "rabenseifner", twice_folded, nullptr, nullptr},
      {collective::reduce_scatter, "pairwise", [](int n) { return n - 1; },
       [](int n) { return n * (n - 1); }, n_less_one},
      {collective::reduce_scatter, "recursive_halving", folded, nullptr, nullptr},
      {collective::scan, "linear", [](int n) { return n - 1; }, [](int n) { return n - 1; },
       nullptr},
      {collective::scan, "recursive_doubling", log2_up, nullptr, nullptr},
      {collective::exscan, "recursive_doubling", log2_up, nullptr, nullptr},
  };
  for (const cost_case& c : cases) {
    const algorithm* by = find_algorithm(c.operation, c.name);
    ASSERT_NE(by, nullptr) << c.name;
    for (int n = 1; n <= most_ranks; ++n) {
      SCOPED_TRACE(std::string(name_of(c.operation)) + " by " + c.name + ", " + std::to_string(n));
      const simulation seen = run(*by, n, n / 2);
      EXPECT_EQ(seen.steps, c.steps(n));
      if (c.messages) {
        EXPECT_EQ(static_cast<int>(seen.messages.size()), c.messages(n));
      }
      std::vector<double> sent(static_cast<std::size_t>(n));
      for (const auto& m : seen.messages) {
        for (const auto& b : m.blocks) sent[static_cast<std::size_t>(m.from)] += 1.0 / b.parts;
      }
      if (c.busiest) {
        EXPECT_NEAR(*std::max_element(sent.begin(), sent.end()), c.busiest(n), 1e-9);
      }
    }
  }
}

// What is sent by the rank that sends most, in blocks, where n is a power of two.
TEST(schedule_costs, sliced_algorithms_send_less_than_whole_blocks) {
  const auto busiest = [](collective operation, const char* name, int n) {
    std::vector<double> sent(static_cast<std::size_t>(n));
    for (const auto& m : run(*find_algorithm(operation, name), n, 0).messages) {
      for (const auto& b : m.blocks) sent[static_cast<std::size_t>(m.from)] += 1.0 / b.parts;
    }
    return *std::max_element(sent.begin(), sent.end());
  };
  for (const int n : {2, 4, 8, 16, 32}) {
    EXPECT_NEAR(busiest(collective::all_reduce, "rabenseifner", n), spread(n), 1e-9);
    EXPECT_LE(busiest(collective::reduce, "rabenseifner", n), spread(n));
    EXPECT_LE(busiest(collective::broadcast, "scatter_all_gather", n), spread(n));
    EXPECT_NEAR(busiest(collective::reduce_scatter, "recursive_halving", n), n - 1, 1e-9);
  }
}

// ---- the neighbourhood forms

struct neighborhood {
  std::vector<std::vector<int>> to;
  std::vector<std::vector<int>> from;
};

// The i-th of from[rank] must get what its rank sends to `rank` for the same time.
void check_neighborhood(const neighborhood& around) {
  const int size = static_cast<int>(around.to.size());
  for (const collective operation :
       {collective::neighbor_all_gather, collective::neighbor_all_to_all}) {
    SCOPED_TRACE(name_of(operation));
    const algorithm* by = find_algorithm(operation, "direct");
    ASSERT_NE(by, nullptr);
    std::vector<schedule> schedules;
    for (int rank = 0; rank < size; ++rank) {
      const auto at = static_cast<std::size_t>(rank);
      schedules.push_back(
          by->plan({.rank = rank, .size = size, .to = around.to[at], .from = around.from[at]}));
    }
    const simulation seen = simulate(schedules);
    for (int rank = 0; rank < size; ++rank) {
      SCOPED_TRACE(rank);
      const auto at = static_cast<std::size_t>(rank);
      std::map<int, origin> wanted;
      std::map<int, int> times;
      for (std::size_t i = 0; i < around.from[at].size(); ++i) {
        const int source = around.from[at][i];
        if (source == null_rank) continue;
        int skip = times[source]++;
        const auto& its = around.to[static_cast<std::size_t>(source)];
        for (std::size_t k = 0; k < its.size(); ++k) {
          if (its[k] != rank || skip-- > 0) continue;
          const bool each = operation == collective::neighbor_all_to_all;
          wanted[static_cast<int>(i)] = {each ? static_cast<int>(k) : 0, {source}};
          break;
        }
      }
      check_result(seen.results[at], wanted, false);
    }
  }
}

TEST(neighbor_schedules, reach_the_neighbors_on_a_ring) {
  for (int size = 1; size <= most_ranks; ++size) {
    SCOPED_TRACE(size);
    neighborhood around;
    for (int rank = 0; rank < size; ++rank) {
      const std::vector<int> both{(rank + size - 1) % size, (rank + 1) % size};
      around.to.push_back(both);
      around.from.push_back(both);
    }
    check_neighborhood(around);
  }
}

TEST(neighbor_schedules, leave_out_what_is_beyond_the_ends) {
  for (int size = 1; size <= most_ranks; ++size) {
    SCOPED_TRACE(size);
    neighborhood around;
    for (int rank = 0; rank < size; ++rank) {
      const std::vector<int> both{rank > 0 ? rank - 1 : null_rank,
                                  rank + 1 < size ? rank + 1 : null_rank};
      around.to.push_back(both);
      around.from.push_back(both);
    }
    check_neighborhood(around);
  }
}

// Edges in one direction only, several between two ranks, and ranks without any.
TEST(neighbor_schedules, follow_any_graph) {
  check_neighborhood({{{1, 1, 2}, {}, {2, 0, 2}, {}}, {{2}, {0, 0}, {2, 0, 2}, {}}});
}

// ---- the simulator finds what is wrong

schedule sender(int to, std::vector<slot> what) {
  schedule plan{.slots = 2, .load = {{.where = 0, .block = 0}}, .rounds = {}, .store = {}};
  plan.rounds.push_back({.sends = {{to, std::move(what)}}, .receives = {}, .after = {}});
  return plan;
}

schedule receiver(int from, std::vector<slot> what) {
  schedule plan{.slots = 2, .load = {{.where = 0, .block = 0}}, .rounds = {}, .store = {}};
  plan.rounds.push_back({.sends = {}, .receives = {{from, std::move(what)}}, .after = {}});
  return plan;
}

std::string complaint(const std::vector<schedule>& schedules) {
  try {
    simulate(schedules);
  } catch (const schedule_error& e) {
    return e.what();
  }
  return "";
}

TEST(simulator, finds_what_does_not_fit_together) {
  EXPECT_EQ(complaint({sender(1, {0}), receiver(0, {1})}), "");
  EXPECT_NE(complaint({sender(1, {0}), sender(0, {0})}).find("does not receive"),
            std::string::npos);
  EXPECT_NE(complaint({receiver(1, {1}), receiver(0, {1})}).find("for ever"), std::string::npos);
  EXPECT_NE(complaint({sender(1, {1}), receiver(0, {1})}).find("empty"), std::string::npos);
  EXPECT_NE(complaint({sender(1, {7}), receiver(0, {1})}).find("no slot 7"), std::string::npos);
  EXPECT_NE(complaint({sender(1, {0}), receiver(0, {0})}).find("loaded"), std::string::npos);
  EXPECT_NE(complaint({sender(1, {0}), receiver(0, {})}).find("expects 0 blocks"),
            std::string::npos);
  EXPECT_NE(complaint({sender(0, {0})}).find("itself"), std::string::npos);
  EXPECT_NE(complaint({sender(1, {0})}).find("does not exist"), std::string::npos);
  EXPECT_NE(complaint({sender(1, {0, 0}), receiver(0, {1, 1})}).find("in use"), std::string::npos);
}

}  // namespace
}  // namespace cohort::collectives
