// Empty tasks through oneTBB's task_group on 2 threads: what a user of a pool may have stayed with.
// Usage: pool chunks
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <cstddef>
#include <iostream>
#include <string_view>
#include <vector>

#include "batches.hpp"
#include "timing.hpp"

namespace {

constexpr int tasks = 100'000;

// Not inlined: a pool can't look into its tasks either.
[[gnu::noinline]] int task(int number) {
  asm volatile("");
  return number;
}

double tasks_per_us() {
  std::vector<int> results(tasks);
  tbb::task_arena arena(2);
  const double lap = bench::median_lap([&] {
    arena.execute([&] {
      tbb::task_group group;
      for (int n = 0; n != tasks; ++n)
        group.run([&results, n] { results[static_cast<std::size_t>(n)] = task(n); });
      group.wait();
    });
  });
  return tasks / lap;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (argv[i] != std::string_view("chunks")) {
      std::cerr << "pool: no such case\n";
      return 1;
    }
    bench::report(argv[i], tasks_per_us(), "M/s");
  }
}
