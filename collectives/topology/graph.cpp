// Making graphs of ranks. Either end of every edge hears of it, so that mistakes show here and not
// as a hang of the first neighbourhood collective.
#include <cohort/collectives/all_to_all.hpp>
#include <cohort/constants.hpp>
#include <cohort/error.hpp>
#include <cohort/topology/graph.hpp>

#include "collectives/topology/agreement.hpp"

#include <string>

namespace cohort {

namespace {

constexpr const char* name = "graph_communicator";

bool exists(int rank, int size) {
  return rank >= 0 && rank < size;
}

std::string no_such_rank(int rank, int size) {
  return "there is no rank " + std::to_string(rank) + " in this communicator; its ranks are 0 to " +
         std::to_string(size - 1);
}

// What is wrong with one list of neighbours, or nothing.
std::string problem_of(const std::vector<int>& ranks, const std::vector<int>& weights, int size) {
  for (const int rank : ranks) {
    if (rank != null_rank && !exists(rank, size)) return no_such_rank(rank, size);
  }
  if (!weights.empty() && weights.size() != ranks.size()) {
    return "expected a weight for each of " + std::to_string(ranks.size()) + " edges, got " +
           std::to_string(weights.size()) + " weights";
  }
  for (const int weight : weights) {
    if (weight < 0) return "the weight " + std::to_string(weight) + " is negative";
  }
  return {};
}

std::string problem_of(const graph_neighbors& mine, int size) {
  const std::string problem = problem_of(mine.sources, mine.source_weights, size);
  return problem.empty() ? problem_of(mine.destinations, mine.destination_weights, size) : problem;
}

std::string problem_of(std::span<const graph_edge> edges, int size) {
  for (const graph_edge& edge : edges) {
    if (!exists(edge.source, size)) return no_such_rank(edge.source, size);
    if (!exists(edge.destination, size)) return no_such_rank(edge.destination, size);
    if (edge.weight < 0) return "the weight " + std::to_string(edge.weight) + " is negative";
  }
  return {};
}

// By rank, the weights of the edges to or from it. An edge without a weight counts as 1.
std::vector<std::vector<int>> by_rank(const std::vector<int>& ranks,
                                      const std::vector<int>& weights, int size) {
  std::vector<std::vector<int>> result(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    if (ranks[i] == null_rank) continue;
    result[static_cast<std::size_t>(ranks[i])].push_back(weights.empty() ? 1 : weights[i]);
  }
  return result;
}

// Compares this rank's sources with what they say of their destinations.
std::string disagreement(const communicator& comm, const graph_neighbors& mine, const call& where) {
  const int size = comm.size(where);
  std::vector<std::vector<int>> theirs;
  all_to_all(comm, by_rank(mine.destinations, mine.destination_weights, size), theirs, where);
  const auto ours = by_rank(mine.sources, mine.source_weights, size);
  for (std::size_t rank = 0; rank < ours.size(); ++rank) {
    const std::size_t expected = ours[rank].size();
    const std::size_t given = theirs[rank].size();
    const std::string source = "rank " + std::to_string(rank);
    if (expected != given) {
      return "it lists " + source + " as its source " + std::to_string(expected) + " times, but " +
             source + " lists it as its destination " + std::to_string(given) + " times";
    }
    if (ours[rank] != theirs[rank]) {
      return "it gives the edges from " + source + " other weights than " + source +
             " does, or lists them in another order";
    }
  }
  return {};
}

// The edges of this rank out of those that all ranks give.
graph_neighbors collect(const communicator& comm, std::span<const graph_edge> edges,
                        const call& where) {
  const int size = comm.size(where);
  detail::agree(comm, name, problem_of(edges, size), where);
  std::vector<std::vector<graph_edge>> to_tell(static_cast<std::size_t>(size));
  for (const graph_edge& edge : edges) {
    to_tell[static_cast<std::size_t>(edge.source)].push_back(edge);
    if (edge.destination == edge.source) continue;
    to_tell[static_cast<std::size_t>(edge.destination)].push_back(edge);
  }
  std::vector<std::vector<graph_edge>> told;
  all_to_all(comm, to_tell, told, where);
  graph_neighbors mine;
  const int self = comm.rank(where);
  for (const auto& from_one : told) {
    for (const graph_edge& edge : from_one) {
      if (edge.destination == self) {
        mine.sources.push_back(edge.source);
        mine.source_weights.push_back(edge.weight);
      }
      if (edge.source == self) {
        mine.destinations.push_back(edge.destination);
        mine.destination_weights.push_back(edge.weight);
      }
    }
  }
  return mine;
}

}  // namespace

struct graph_communicator::edges_of_rank {
  explicit edges_of_rank(graph_neighbors&& mine)
      : neighbors(std::move(mine)),
        exchange(neighbors.sources, neighbors.destinations, {}, false) {}
  graph_neighbors neighbors;
  detail::neighborhood exchange;
};

graph_communicator::graph_communicator(const communicator& comm, const graph_neighbors& mine,
                                       bool /*reorder*/, call where)
    : communicator(nullptr) {
  detail::agree(comm, name, problem_of(mine, comm.size(where)), where);
  detail::agree(comm, name, disagreement(comm, mine, where), where);
  communicator::operator=(comm.dup(where));
  edges_ = std::make_shared<edges_of_rank>(graph_neighbors(mine));
}

graph_communicator::graph_communicator(const communicator& comm, std::span<const graph_edge> edges,
                                       bool /*reorder*/, call where)
    : communicator(nullptr) {
  graph_neighbors mine = collect(comm, edges, where);
  communicator::operator=(comm.dup(where));
  edges_ = std::make_shared<edges_of_rank>(std::move(mine));
}

const graph_neighbors& graph_communicator::neighbors(call where) const {
  share(where);
  return edges_->neighbors;
}

const detail::neighborhood& graph_communicator::neighborhood(const call& where) const {
  share(where);
  return edges_->exchange;
}

}  // namespace cohort
