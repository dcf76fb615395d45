// Communicators whose ranks form a directed graph that no rank needs to know as a whole.
#pragma once

#include <cohort/call.hpp>
#include <cohort/communicator.hpp>
#include <cohort/datatype.hpp>
#include <cohort/topology/neighborhood.hpp>

#include <memory>
#include <span>
#include <vector>

namespace cohort {

// An edge: `source` sends to `destination` in the neighbourhood collectives. What weights mean is
// the program's affair.
struct graph_edge {
  int source;
  int destination;
  int weight = 1;
};

// The edges that end and begin at one rank. null_rank in place of a neighbour keeps the place of
// one that is not there. Weights are one for each edge, or none at all.
struct graph_neighbors {
  std::vector<int> sources;
  std::vector<int> destinations;
  std::vector<int> source_weights = {};
  std::vector<int> destination_weights = {};

  friend bool operator==(const graph_neighbors&, const graph_neighbors&) = default;
};

// A communicator whose ranks are the nodes of a graph: all of communicator, and who the neighbours
// are. Several edges between two ranks, and from a rank to itself, are allowed. A handle: copies
// are the same.
//
//   // Each passes on to the next two.
//   cohort::graph_communicator graph(world, {.sources = {before(1), before(2)},
//                                            .destinations = {after(1), after(2)}});
//   std::vector<int> got = cohort::neighbor_all_gather(graph, world.rank());
class graph_communicator : public communicator {
 public:
  // All ranks of `comm`, each with its own edges. Collective. `reorder` allows to number the ranks
  // as suits the machine; they keep their numbers, since on one host no order is better. Throws, on
  // every rank, argument_error for a rank that there is not, weights that are negative or not as
  // many as edges, and where the two ends of an edge disagree: the edges from a to b, and their
  // weights, must stand in one order in a's destinations and b's sources. O(comm.size()) messages.
  graph_communicator(const communicator& comm, const graph_neighbors& mine, bool reorder = false,
                     call where = {});
  // The same from edges of which any rank may give any; collective. Each rank's neighbours stand in
  // the order of the ranks that gave the edges, and then as given. argument_error as above.
  //   std::vector<cohort::graph_edge> star;
  //   if (world.rank() == 0) for (int r = 1; r < world.size(); ++r) star.push_back({0, r});
  //   cohort::graph_communicator graph(world, star);
  graph_communicator(const communicator& comm, std::span<const graph_edge> edges,
                     bool reorder = false, call where = {});

  // Local, as all that follows.
  const graph_neighbors& neighbors(call where = {}) const;
  // Ranks that this one receives from, and sends to, in the neighbourhood collectives.
  std::span<const int> sources(call where = {}) const { return neighbors(where).sources; }
  std::span<const int> destinations(call where = {}) const { return neighbors(where).destinations; }
  // The numbers of edges that end, and begin, here; null_rank counts.
  int in_degree(call where = {}) const { return static_cast<int>(sources(where).size()); }
  int out_degree(call where = {}) const { return static_cast<int>(destinations(where).size()); }

  // For the other parts of the library.
  const detail::neighborhood& neighborhood(const call& where) const;

 private:
  struct edges_of_rank;
  std::shared_ptr<const edges_of_rank> edges_;
};

}  // namespace cohort

COHORT_IS_MPI_DATATYPE(cohort::graph_edge)
