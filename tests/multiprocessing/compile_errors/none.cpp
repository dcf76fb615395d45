// What is right compiles, so that it is seen that the others are wrong for one reason.
#include <cohort/multiprocessing/callable.hpp>
#include <cohort/multiprocessing/process.hpp>

void start(int offset) {
  cohort::process worker(cohort::bind([](int by, int x) { return x + by; }, offset), 1);
  worker.start();
}
