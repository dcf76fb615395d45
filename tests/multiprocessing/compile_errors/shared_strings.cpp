// expected: T can't stand in memory that processes share
#include <cohort/multiprocessing/shared_memory.hpp>

#include <string>

auto make() {
  return cohort::shared_span<std::string>(3);
}
