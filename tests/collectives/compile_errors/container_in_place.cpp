// expected: To combine element by element, write all_reduce(comm, std::span(values), op)
#include <cohort/cohort.hpp>

#include <functional>
#include <vector>

void sum(const cohort::communicator& world, std::vector<double>& values) {
  reduce(world, cohort::inplace(values), std::plus<std::vector<double>>(), 0);
}
