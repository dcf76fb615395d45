// The calls of the differential test in cohort.
#pragma once

#include <cohort/cohort.hpp>

#include "collectives/differential.hpp"

#include <functional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace layer {

using namespace cohort::test::differential;

inline constexpr const char* library = "cohort";

class job {
 public:
  job(int& argc, char**& argv) : environment_(argc, argv) {}

  int rank() const { return world_.rank(); }
  int size() const { return world_.size(); }

  // Returns what this rank gets.
  template <class T>
  std::vector<T> run(const draw& d, const std::vector<T>& mine) const {
    if (d.what >= operation::reduce) return combine(d, mine);
    return d.counted ? move_counted(d, mine) : move(d, mine);
  }

 private:
  template <class T>
  std::vector<T> move(const draw& d, const std::vector<T>& mine) const {
    const int root = static_cast<int>(d.root);
    const std::span elements(mine);
    switch (d.what) {
      case operation::scatter:
        return scatter(world_, elements, root);
      case operation::gather:
        return gather(world_, elements, root);
      case operation::all_gather:
        return all_gather(world_, elements);
      case operation::all_to_all:
        return all_to_all(world_, elements);
      default: {
        std::vector<T> values = mine;
        broadcast(world_, std::span(values), root);
        return values;
      }
    }
  }
  template <class T>
  std::vector<T> move_counted(const draw& d, const std::vector<T>& mine) const {
    const int root = static_cast<int>(d.root);
    const std::span elements(mine);
    const std::vector<int> lengths = given_lengths(d, rank(), size());
    switch (d.what) {
      case operation::scatter:
        return scatterv(world_, elements, lengths, root);
      case operation::gather:
        return gatherv(world_, elements, root).values();
      case operation::all_gather:
        return all_gatherv(world_, elements).values();
      case operation::all_to_all:
        return all_to_allv(world_, elements, lengths).values();
      default:
        return move(d, mine);
    }
  }

  template <class T>
  std::vector<T> combine(const draw& d, const std::vector<T>& mine) const {
    if constexpr (std::is_integral_v<T>) {
      if (d.op == combination::bit_and) return combine_by(d, mine, std::bit_and<>());
      if (d.op == combination::bit_or) return combine_by(d, mine, std::bit_or<>());
      if (d.op == combination::bit_xor) return combine_by(d, mine, std::bit_xor<>());
    }
    if (d.op == combination::least) return combine_by(d, mine, cohort::minimum<>());
    if (d.op == combination::greatest) return combine_by(d, mine, cohort::maximum<>());
    return combine_by(d, mine, std::plus<>());
  }
  template <class T, class Op>
  std::vector<T> combine_by(const draw& d, const std::vector<T>& mine, Op op) const {
    const std::span elements(mine);
    switch (d.what) {
      case operation::reduce:
        return reduce(world_, elements, op, static_cast<int>(d.root));
      case operation::all_reduce:
        return all_reduce(world_, elements, op);
      case operation::scan:
        return scan(world_, elements, op);
      case operation::exscan:
        return exscan(world_, elements, op);
      default:
        if (!d.counted) return reduce_scatter(world_, elements, op);
        return reduce_scatter(world_, elements, given_lengths(d, rank(), size()), op);
    }
  }

  cohort::environment environment_;
  cohort::communicator world_;
};

}  // namespace layer
