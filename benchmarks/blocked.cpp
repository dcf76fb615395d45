// Processor time, in percent, that rank 1 uses while it is blocked in recv for so many seconds.
// Usage: blocked SECONDS
#include LAYER_HEADER

#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <span>
#include <thread>

#include "timing.hpp"

namespace {

// Of all threads of this process, so that a library's own threads count too.
double processor_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

std::span<char> bytes_of(double& number) {
  return {reinterpret_cast<char*>(&number), sizeof number};
}

}  // namespace

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  if (argc != 2) return 2;
  double percent = 0;
  job.barrier();
  if (job.rank() == 0) {
    std::this_thread::sleep_for(std::chrono::duration<double>(std::atof(argv[1])));
    job.send(1, bytes_of(percent));
    job.recv(1, bytes_of(percent));
    bench::report(argv[1], percent, "%");
  } else {
    const double start_us = bench::now_us();
    const double used_us = processor_us();
    job.recv(0, bytes_of(percent));
    percent = 100 * (processor_us() - used_us) / (bench::now_us() - start_us);
    job.send(0, bytes_of(percent));
  }
}
