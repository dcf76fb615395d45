// expected: use cohort::bind(f, state...) with an f without captures
#include <cohort/multiprocessing/process.hpp>

void start(int offset) {
  cohort::process worker([offset](int x) { return x + offset; }, 1);
  worker.start();
}
