// expected: the operator does not apply: it has to take two T and return a T
#include <cohort/cohort.hpp>

#include <functional>

double both(const cohort::communicator& world, double value) {
  return all_reduce(world, value, std::bit_and<>());
}
