// expected: write [] where nothing is captured
#include <cohort/multiprocessing/process.hpp>

void start() {
  cohort::process worker([&] {});
  worker.start();
}
