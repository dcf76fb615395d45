// Whom a rank exchanges with in the neighbourhood collectives.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace cohort::detail {

// One rank's neighbours. null_rank is a neighbour that is not there.
//
// Two ranks may be neighbours several times: in a ring of two, the one to the left is the one to
// the right. Between two ranks, blocks are matched in the order in which they are sent and
// received; so sends are made in an order of their own, such that the k-th that a rank sends to
// another is meant to be the k-th that the other receives from it.
struct neighborhood {
  std::vector<int> sources;             // in the order of the blocks that are received
  std::vector<int> destinations;        // in the order of the blocks that are given
  std::vector<std::size_t> send_order;  // indices into destinations; empty: as they stand
  std::vector<int> to;                  // destinations in the order of the sends
  bool nobody_alone;                    // every rank of the topology has sources and destinations

  neighborhood(std::vector<int> from, std::vector<int> into, std::vector<std::size_t> order,
               bool nobody_is_alone)
      : sources(std::move(from)),
        destinations(std::move(into)),
        send_order(std::move(order)),
        nobody_alone(nobody_is_alone) {
    if (send_order.empty()) to = destinations;
    for (const std::size_t i : send_order) to.push_back(destinations[i]);
  }
};

}  // namespace cohort::detail
