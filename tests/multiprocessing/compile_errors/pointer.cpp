// expected: an address means nothing in another process
#include <cohort/multiprocessing/process.hpp>

void start(int* number) {
  cohort::process worker([](int* p) { ++*p; }, number);
  worker.start();
}
