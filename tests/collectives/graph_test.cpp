// Graphs of ranks: made from both ends, and from edges that anybody gives; and the mistakes that
// would make a later collective hang.
#include "support/ranked.hpp"

#include <random>
#include <string>
#include <vector>

namespace cohort::test {

namespace {

// The same random edges on every rank, several between some ranks, and from some to themselves.
std::vector<graph_edge> random_edges(int ranks, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::vector<graph_edge> edges;
  for (int i = below(4 * ranks); i > 0; --i)
    edges.push_back({below(ranks), below(ranks), below(9)});
  return edges;
}

graph_neighbors neighbors_of(const std::vector<graph_edge>& edges, int rank) {
  graph_neighbors result;
  for (const graph_edge& edge : edges) {
    if (edge.destination == rank) {
      result.sources.push_back(edge.source);
      result.source_weights.push_back(edge.weight);
    }
    if (edge.source == rank) {
      result.destinations.push_back(edge.destination);
      result.destination_weights.push_back(edge.weight);
    }
  }
  return result;
}

std::string text_of_error(const communicator& world, const graph_neighbors& mine) {
  try {
    graph_communicator(world, mine);
  } catch (const argument_error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

RANKED_TEST(graph, from_both_ends) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const auto mine = neighbors_of(random_edges(world.size(), seed), world.rank());
    const graph_communicator graph(world, mine, seed % 2 == 0);
    EXPECT_EQ(graph.neighbors(), mine);
    EXPECT_EQ(graph.in_degree(), static_cast<int>(mine.sources.size()));
    EXPECT_EQ(graph.out_degree(), static_cast<int>(mine.destinations.size()));
    EXPECT_EQ(graph.rank(), world.rank());
    EXPECT_EQ(graph.compare(world), comparison::congruent);
  }
}

RANKED_TEST(graph, weights_may_be_left_out) {
  const graph_neighbors mine{.sources = {left_of(world)}, .destinations = {right_of(world)}};
  const graph_communicator graph(world, mine);
  EXPECT_EQ(graph.neighbors(), mine);
  EXPECT_TRUE(graph.neighbors().source_weights.empty());
}

RANKED_TEST(graph, from_edges_that_one_rank_gives) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    const auto edges = random_edges(world.size(), seed);
    const int giver = static_cast<int>(seed) % world.size();
    const bool gives = world.rank() == giver;
    const graph_communicator graph(world, gives ? edges : std::vector<graph_edge>());
    EXPECT_EQ(graph.neighbors(), neighbors_of(edges, world.rank()));
  }
}

// In the order of the ranks that give them.
RANKED_TEST(graph, from_edges_that_all_ranks_give) {
  for (unsigned seed = 0; seed < 10; ++seed) {
    std::vector<graph_edge> all;
    std::vector<graph_edge> mine;
    for (int rank = 0; rank < world.size(); ++rank) {
      const auto edges = random_edges(world.size(), 100 * seed + static_cast<unsigned>(rank));
      all.insert(all.end(), edges.begin(), edges.end());
      if (rank == world.rank()) mine = edges;
    }
    const graph_communicator graph(world, mine);
    EXPECT_EQ(graph.neighbors(), neighbors_of(all, world.rank()));
  }
}

RANKED_TEST(graph, null_neighbours_keep_their_place) {
  const bool first = world.rank() == 0;
  const bool last = world.rank() == world.size() - 1;
  const graph_neighbors mine{.sources = {first ? null_rank : world.rank() - 1},
                             .destinations = {last ? null_rank : world.rank() + 1}};
  const graph_communicator line(world, mine);
  EXPECT_EQ(line.in_degree(), 1);
  EXPECT_EQ(line.neighbors(), mine);
}

RANKED_TEST(graph, ends_that_disagree_are_an_error_on_all) {
  const bool wrong = world.rank() == world.size() - 1;
  const int self = world.rank();
  const graph_neighbors alone{.sources = {self}, .destinations = {self}};
  // An edge that the other end does not know.
  graph_neighbors more = alone;
  if (wrong) more.sources.push_back(0);
  EXPECT_NE(text_of_error(world, more).find("times, but rank 0 lists it"), std::string::npos);
  more = alone;
  if (wrong) more.destinations.push_back(self);
  EXPECT_NE(text_of_error(world, more).find("times, but"), std::string::npos);
  // Another weight.
  graph_neighbors weighted = alone;
  weighted.source_weights = {3};
  weighted.destination_weights = {wrong ? 4 : 3};
  EXPECT_NE(text_of_error(world, weighted).find("other weights"), std::string::npos);
  world.barrier();
}

RANKED_TEST(graph, what_can_not_be_is_an_error_on_all) {
  const bool wrong = world.rank() == world.size() - 1;
  const std::string blame = "rank " + std::to_string(world.size() - 1) + " of this communicator";
  const auto expect = [&](const graph_neighbors& bad, const std::string& words) {
    const std::string text = text_of_error(world, wrong ? bad : graph_neighbors());
    EXPECT_NE(text.find(blame), std::string::npos) << text;
    EXPECT_NE(text.find(words), std::string::npos) << text;
  };
  expect({.sources = {world.size()}, .destinations = {}}, "there is no rank");
  expect({.sources = {}, .destinations = {-1}}, "there is no rank -1");
  expect({.sources = {any_source}, .destinations = {}}, "there is no rank");
  expect({.sources = {}, .destinations = {}, .source_weights = {1}}, "expected a weight for each");
  expect({.sources = {0}, .destinations = {0}, .source_weights = {-1}}, "negative");

  const graph_edge bad[] = {{0, world.size()}, {-1, 0}, {null_rank, 0}, {0, 0, -1}};
  for (const graph_edge& edge : bad) {
    const std::vector<graph_edge> mine(wrong ? 1 : 0, edge);
    EXPECT_THROW(graph_communicator(world, mine), argument_error);
  }
  EXPECT_THROW(graph_communicator(communicator(nullptr), graph_neighbors()), usage_error);
}

}  // namespace cohort::test
