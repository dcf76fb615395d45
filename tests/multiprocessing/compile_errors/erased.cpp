// expected: or a function object with a serialize member
#include <cohort/multiprocessing/process.hpp>

#include <functional>

void start(std::function<void()> work) {
  cohort::process worker(work);
  worker.start();
}
