// A pipeline of processes over queues: producers put numbers into one, consumers take them out,
// keep the primes and put these into another, from which the main process collects them.
#include "common/option_reader.hpp"
#include "common/run_alone.hpp"

#include <cohort/cohort.hpp>

#include <algorithm>
#include <iostream>
#include <optional>
#include <vector>

namespace {

constexpr const char* usage =
    "Finds the primes below a number by a pipeline of processes, and checks them with a sieve.\n"
    "usage: pipeline [--below N] [--producers N] [--consumers N]\n"
    "  --below N      how far to look, 2 to 10000000 (default: 100000)\n"
    "  --producers N  processes that put numbers into the queue, 1 to 64 (default: 2)\n"
    "  --consumers N  processes that take them out, 1 to 64 (default: 3)\n"
    "  --help         print this\n"
    "The exit code is 1 if the primes are wrong.\n"
    "example: pipeline --below 1000000 --consumers 8\n";

struct options {
  int below = 100'000;
  int producers = 2;
  int consumers = 3;
  bool help = false;
};

options parse_options(int argc, char** argv) {
  options result;
  for (option_reader option(argc, argv); option.next();) {
    if (option == "--below") {
      result.below = option.number(2, 10'000'000);
    } else if (option == "--producers") {
      result.producers = option.number(1, 64);
    } else if (option == "--consumers") {
      result.consumers = option.number(1, 64);
    } else if (option == "--help") {
      result.help = true;
    } else {
      option.refuse();
    }
  }
  return result;
}

// The bound keeps fast producers from filling the memory.
constexpr std::size_t most_waiting = 1000;
using numbers = cohort::joinable_queue<int>;
// A prime, or nothing: a consumer has ended.
using primes = cohort::queue<std::optional<int>>;

void produce(int first, int step, int below, numbers out) {
  for (int n = first; n < below; n += step) out.put(n);
  out.join();  // until the consumers are done with all that was put
}

bool is_prime(int n) {
  if (n < 2) return false;
  for (int divisor = 2; divisor <= n / divisor; ++divisor) {
    if (n % divisor == 0) return false;
  }
  return true;
}

// Ends with the first number that is none.
void consume(numbers in, primes out) {
  for (int n = in.get(); n >= 0; n = in.get()) {
    if (is_prime(n)) out.put(n);
    in.task_done();
  }
  in.task_done();
  out.put(std::nullopt);
}

// The sieve of Eratosthenes.
std::vector<int> primes_below(int limit) {
  std::vector<bool> composite(static_cast<std::size_t>(limit));
  std::vector<int> found;
  for (int n = 2; n < limit; ++n) {
    if (composite[static_cast<std::size_t>(n)]) continue;
    found.push_back(n);
    for (long multiple = 2L * n; multiple < limit; multiple += n) {
      composite[static_cast<std::size_t>(multiple)] = true;
    }
  }
  return found;
}

int run(const options& chosen) {
  numbers to_test(most_waiting);
  primes found;
  std::vector<cohort::process> producers;
  std::vector<cohort::process> consumers;
  for (int i = 0; i < chosen.producers; ++i) {
    producers.emplace_back(produce, i, chosen.producers, chosen.below, to_test).start();
  }
  for (int i = 0; i < chosen.consumers; ++i) {
    consumers.emplace_back(consume, to_test, found).start();
  }

  for (cohort::process& p : producers) p.join();  // so all numbers are tested
  for (int i = 0; i < chosen.consumers; ++i) to_test.put(-1);
  std::vector<int> collected;
  for (int running = chosen.consumers; running > 0;) {
    if (const std::optional<int> prime = found.get())
      collected.push_back(*prime);
    else
      --running;
  }
  for (cohort::process& p : consumers) p.join();

  std::sort(collected.begin(), collected.end());
  const bool good = collected == primes_below(chosen.below);
  std::cout << collected.size() << " primes below " << chosen.below << " by " << chosen.producers
            << " producers and " << chosen.consumers << " consumers"
            << (good ? ": passed\n" : ": FAILED\n");
  return good ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  return run_alone("pipeline", usage, argc, argv, parse_options, run);
}
