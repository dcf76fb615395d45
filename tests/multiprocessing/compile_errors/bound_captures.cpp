// expected: use cohort::bind(f, state...) with an f without captures
#include <cohort/multiprocessing/callable.hpp>

auto make(int offset) {
  return cohort::bind([offset](int x) { return x + offset; }, 1);
}
