// expected: To combine element by element, write all_reduce(comm, std::span(values), op)
#include <cohort/cohort.hpp>

#include <vector>

// Vectors can be compared, but who asks for the minimum of two hardly means that of their first
// elements.
std::vector<double> lowest(const cohort::communicator& world, const std::vector<double>& values) {
  return scan(world, values, cohort::minimum<>());
}
