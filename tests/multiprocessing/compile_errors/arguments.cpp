// expected: the callable can't be called with these arguments
#include <cohort/multiprocessing/process.hpp>

void start() {
  cohort::process worker([](int& x) { ++x; }, 1);
  worker.start();
}
