// The bare hand-off of a cache line from one core to another: two bound threads that answer each
// other by turns, without any library between them. `line`: both write the same line, which so
// crosses over once a turn; nothing is faster. `lines`: each has a line of its own, as messages do;
// a writer must first take its line back from the reader. Usage: handoff line|lines…
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "timing.hpp"

namespace {

constexpr std::int64_t batch_laps = 2'000;
constexpr int batches = 101;

// The first two processors that this process may use.
std::vector<int> two_processors() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
    throw std::system_error(errno, std::generic_category(), "sched_getaffinity");
  std::vector<int> processors;
  for (int cpu = 0; cpu < CPU_SETSIZE && processors.size() < 2; ++cpu)
    if (CPU_ISSET(cpu, &allowed)) processors.push_back(cpu);
  if (processors.size() < 2) throw std::runtime_error("needs two processors");
  return processors;
}

void bind(int processor) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  if (const int failure = pthread_setaffinity_np(pthread_self(), sizeof one, &one))
    throw std::system_error(failure, std::generic_category(), "pthread_setaffinity_np");
}

// Alone, and without a neighbour either: some processors fetch lines in pairs.
struct alignas(128) line {
  std::atomic<std::int64_t> number{0};
};

// Awaits every second number in `from`, `number` to `last`, and writes the one after it to `to`.
void answer(const line& from, line& to, std::int64_t number, std::int64_t last) {
  for (; number <= last; number += 2) {
    while (from.number.load(std::memory_order_acquire) != number) {
    }
    to.number.store(number + 1, std::memory_order_release);
  }
}

// Returns the time of one hand-off in microseconds, from `ours` to `theirs` and back.
double measure(const std::vector<int>& processors, line& ours, line& theirs) {
  std::thread partner([&] {
    bind(processors[1]);
    answer(ours, theirs, 1, 2 * batches * batch_laps);
  });
  bind(processors[0]);
  std::vector<double> samples;
  for (std::int64_t batch = 0; batch != batches; ++batch) {
    const std::int64_t first = 2 * batch * batch_laps;
    const double start = bench::now_us();
    answer(theirs, ours, first, first + 2 * batch_laps - 1);
    samples.push_back((bench::now_us() - start) / (2 * static_cast<double>(batch_laps)));
  }
  partner.join();
  return bench::median(std::move(samples));
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<int> processors = two_processors();
  for (int i = 1; i < argc; ++i) {
    line there;
    line back;
    const bool one = argv[i] == std::string_view("line");
    bench::report(argv[i], measure(processors, there, one ? there : back), "us");
  }
} catch (const std::exception& failure) {
  std::cerr << "handoff: " << failure.what() << '\n';
  return 1;
}
