// The same calls, made as they should be.
#include <cohort/cohort.hpp>

#include <functional>
#include <string>
#include <vector>

using values = std::vector<double>;

values sum(const cohort::communicator& world, const values& mine) {
  return all_reduce(world, std::span(mine), std::plus<>());
}
values longest(const cohort::communicator& world, const values& mine) {
  return all_reduce(world, mine,
                    [](const values& a, const values& b) { return a.size() < b.size() ? b : a; });
}
std::string text(const cohort::communicator& world, const std::string& mine) {
  return all_reduce(world, mine, std::plus<>());
}
