// The neighbourhood collectives on grids and graphs × values of fixed size, of any length, bool,
// and spans, equal and differing × into what is there and returned × blocking and not, against what
// the neighbours are known to have given. Rings of one and two, several edges between two ranks,
// edges to oneself, borders, ranks without neighbours.
#include "support/ranked.hpp"

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {

namespace {

// What `from` gives: for all, or for its destination number `block`.
constexpr int for_all = -1;

int number(int from, int block) {
  return 1000 * from + block;
}
std::string text(int from, int block) {
  return std::string(static_cast<std::size_t>(50 * from + block + 1), 'x') +
         std::to_string(number(from, block));
}
std::map<int, std::string> object(int from, int block) {
  return {{from, text(from, block)}, {block, "block"}};
}
// As many as nobody else's.
std::vector<int> numbers(int from, int block) {
  return std::vector<int>(static_cast<std::size_t>(3 * from + block + 1), number(from, block));
}
std::vector<std::string> texts(int from, int block) {
  return std::vector<std::string>(static_cast<std::size_t>(from % 3), text(from, block));
}
bool bit(int from, int block) {
  return (from + block) % 2 != 0;
}

// Of each source, which of its destinations the caller is to it.
struct source {
  int rank;
  int block;
};

// Around a rank of a grid: the block for the rank before it is what that one gets from after it.
std::vector<source> sources_of(const cartesian_communicator& grid) {
  std::vector<source> result;
  for (int d = 0; d < grid.ndims(); ++d) {
    const auto [before, after] = grid.shifted_ranks(d, 1);
    result.push_back({before, 2 * d + 1});
    result.push_back({after, 2 * d});
  }
  return result;
}

// The k-th edge from a rank here is the k-th here in that rank's list.
std::vector<source> sources_of(const graph_communicator& graph,
                               const std::vector<graph_edge>& edges) {
  std::vector<source> result;
  std::vector<int> blocks(static_cast<std::size_t>(graph.size()), 0);
  for (const graph_edge& edge : edges) {
    const int block = blocks[static_cast<std::size_t>(edge.source)]++;
    if (edge.destination == graph.rank()) result.push_back({edge.source, block});
  }
  return result;
}

// What is expected from each source; `there` where nobody is.
template <class F, class T>
auto from_each(const std::vector<source>& sources, F&& given, bool one_for_all, const T& there) {
  std::vector<T> result;
  for (const auto& [rank, block] : sources) {
    result.push_back(rank == null_rank ? there : T(given(rank, one_for_all ? for_all : block)));
  }
  return result;
}

template <class Topology, class F>
auto for_each_destination(const Topology& comm, F&& give) {
  std::vector<decltype(give(0, 0))> values;
  for (std::size_t i = 0; i < comm.destinations().size(); ++i) {
    values.push_back(give(comm.rank(), static_cast<int>(i)));
  }
  return values;
}

template <class Topology, class F>
void check_values(const Topology& comm, const std::vector<source>& sources, F give) {
  using type = decltype(give(0, 0));
  const type mine = give(comm.rank(), for_all);
  const type there = give(7, 7);
  const std::vector<type> ready(sources.size(), there);

  auto expected = from_each(sources, give, true, type());
  EXPECT_EQ(neighbor_all_gather(comm, mine), expected);
  EXPECT_EQ(ineighbor_all_gather(comm, mine).get(), expected);
  expected = from_each(sources, give, true, there);
  auto got = ready;
  neighbor_all_gather(comm, mine, got);
  EXPECT_EQ(got, expected);

  const auto values = for_each_destination(comm, give);
  expected = from_each(sources, give, false, type());
  EXPECT_EQ(neighbor_all_to_all(comm, values), expected);
  EXPECT_EQ(ineighbor_all_to_all(comm, values).get(), expected);
  expected = from_each(sources, give, false, there);
  got = ready;
  neighbor_all_to_all(comm, values, got);
  EXPECT_EQ(got, expected);
}

// Three elements in each block.
template <class Topology, class F>
void check_spans(const Topology& comm, const std::vector<source>& sources, F give) {
  using type = decltype(give(0, 0));
  const auto three = [](const std::vector<type>& values) {
    std::vector<type> result;
    for (const type& value : values) result.insert(result.end(), 3, value);
    return result;
  };
  const type there = give(9, 9);
  const std::vector<type> mine(3, give(comm.rank(), for_all));
  const std::vector<type> ready(3 * sources.size(), there);

  auto expected = three(from_each(sources, give, true, type()));
  EXPECT_EQ(neighbor_all_gather(comm, std::span(mine)), expected);
  EXPECT_EQ(ineighbor_all_gather(comm, std::span(mine)).get(), expected);
  expected = three(from_each(sources, give, true, there));
  auto got = ready;
  neighbor_all_gather(comm, std::span(mine), std::span(got));
  EXPECT_EQ(got, expected);
  got = ready;
  auto under_way = ineighbor_all_gather(comm, std::span(mine), std::span(got));
  under_way.wait();
  EXPECT_EQ(got, expected);

  const auto values = three(for_each_destination(comm, give));
  expected = three(from_each(sources, give, false, there));
  got = ready;
  neighbor_all_to_all(comm, std::span(values), std::span(got));
  EXPECT_EQ(got, expected);
  got = ready;
  under_way = ineighbor_all_to_all(comm, std::span(values), std::span(got));
  under_way.wait();
  EXPECT_EQ(got, expected);
}

template <class Topology, class F>
void check_flat(const Topology& comm, const std::vector<source>& sources, F give) {
  using list = decltype(give(0, 0));
  using type = typename list::value_type;
  const list mine = give(comm.rank(), for_all);
  flat<type> expected(from_each(sources, give, true, list()));
  EXPECT_EQ(neighbor_all_gatherv(comm, std::span(mine)), expected);
  EXPECT_EQ(ineighbor_all_gatherv(comm, std::span(mine)).get(), expected);
  const flat<type> blocks(for_each_destination(comm, give));
  expected = flat<type>(from_each(sources, give, false, list()));
  EXPECT_EQ(neighbor_all_to_allv(comm, blocks), expected);
  EXPECT_EQ(ineighbor_all_to_allv(comm, blocks).get(), expected);
}

template <class Topology>
void check_all(const Topology& comm, const std::vector<source>& sources) {
  check_values(comm, sources, number);
  check_values(comm, sources, text);
  check_values(comm, sources, object);
  check_values(comm, sources, numbers);
  check_values(comm, sources, bit);
  check_spans(comm, sources, number);
  check_spans(comm, sources, text);
  check_flat(comm, sources, numbers);
  check_flat(comm, sources, texts);
}

std::vector<graph_edge> random_edges(int ranks, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::vector<graph_edge> edges;
  for (int i = below(4 * ranks); i > 0; --i) edges.push_back({below(ranks), below(ranks)});
  return edges;
}

}  // namespace

RANKED_TEST(neighbors, on_grids_of_every_periodicity) {
  for (const std::size_t dimensions : {0u, 1u, 2u, 3u}) {
    for (unsigned bits = 0; bits < 1u << dimensions; ++bits) {
      std::vector<bool> periods;
      for (std::size_t d = 0; d < dimensions; ++d) periods.push_back((bits >> d & 1u) != 0);
      std::vector<int> sizes(dimensions, 0);
      const cartesian_communicator grid(world, cartesian_topology(sizes, periods));
      if (grid) check_all(grid, sources_of(grid));
    }
  }
}

RANKED_TEST(neighbors, on_a_sheet_of_one_row) {
  const cartesian_communicator grid(world, cartesian_topology{{1, true}, {world.size(), true}});
  check_all(grid, sources_of(grid));
}

RANKED_TEST(neighbors, on_random_graphs) {
  for (unsigned seed = 0; seed < 6; ++seed) {
    const auto edges = random_edges(world.size(), seed);
    const bool gives = world.rank() == 0;
    const graph_communicator graph(world, gives ? edges : std::vector<graph_edge>());
    check_all(graph, sources_of(graph, edges));
  }
}

RANKED_TEST(neighbors, on_a_star_and_with_nobody) {
  std::vector<graph_edge> star;
  for (int rank = 1; rank < world.size(); ++rank) star.push_back({0, rank});
  const bool gives = world.rank() == 0;
  const graph_communicator graph(world, gives ? star : std::vector<graph_edge>());
  check_all(graph, sources_of(graph, star));
  const graph_communicator nobody(world, graph_neighbors());
  check_all(nobody, {});
}

RANKED_TEST(neighbors, on_a_line_with_null_neighbours) {
  const int before = world.rank() == 0 ? null_rank : world.rank() - 1;
  const int after = world.rank() == world.size() - 1 ? null_rank : world.rank() + 1;
  const graph_communicator line(world, {.sources = {before}, .destinations = {after}});
  check_all(line, {{before, 0}});
}

RANKED_TEST(neighbors, blocks_too_long_to_be_buffered) {
  const cartesian_communicator ring(world, cartesian_topology{{world.size(), true}});
  const std::vector<double> mine(200'000, ring.rank());
  const auto got = neighbor_all_gather(ring, mine);
  const auto [before, after] = ring.shifted_ranks(0, 1);
  EXPECT_EQ(got[0], std::vector<double>(200'000, before));
  EXPECT_EQ(got[1], std::vector<double>(200'000, after));
}

RANKED_TEST(neighbors, many_in_flight_outlive_the_topology) {
  std::vector<value_request<std::vector<std::string>>> requests;
  std::vector<source> sources;
  {
    const cartesian_communicator grid(world, cartesian_topology{{0, true}, {0, false}});
    sources = sources_of(grid);
    for (int i = 0; i < 20; ++i) {
      requests.push_back(ineighbor_all_gather(grid, text(grid.rank(), i)));
    }
  }
  for (int i = 0; i < 20; ++i) {
    const auto give = [&](int from, int) { return text(from, i); };
    EXPECT_EQ(requests[static_cast<std::size_t>(i)].get(),
              from_each(sources, give, true, std::string()));
  }
}

RANKED_TEST(neighbors, numbers_of_blocks_and_lengths_are_checked) {
  const auto grid = [&] {
    return cartesian_communicator(world, cartesian_topology{{world.size(), true}});
  };
  // After a mistake a communicator has no more collectives, so each gets its own.
  const auto one_too_many = [](const cartesian_communicator& ring) {
    neighbor_all_to_all(ring, std::vector{1, 2, 3});
  };
  const auto one_too_few = [](const cartesian_communicator& ring) {
    neighbor_all_to_allv(ring, flat<int>(std::vector<std::vector<int>>{{1}}));
  };
  const auto uneven = [](const cartesian_communicator& ring) {
    std::vector<int> three(3);
    neighbor_all_to_all(ring, std::span(three), std::span(three));
  };
  const auto no_room = [](const cartesian_communicator& ring) {
    std::vector<int> room(5);
    neighbor_all_gather(ring, std::span<const int>(room).first(3), std::span(room));
  };
  EXPECT_THROW(one_too_many(grid()), argument_error);
  EXPECT_THROW(one_too_few(grid()), argument_error);
  EXPECT_THROW(uneven(grid()), argument_error);
  EXPECT_THROW(no_room(grid()), argument_error);
}

}  // namespace cohort::test
