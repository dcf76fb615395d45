// One collective operation on objects; the root of an operation that has one goes round.
// Usage: collective_objects OPERATION:string|map…
#include LAYER_HEADER

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rounds.hpp"

namespace {

using counts = std::map<std::string, int>;

// Adds up the entries of two maps.
struct merge {
  counts operator()(const counts& left, const counts& right) const {
    counts both = left;
    for (const auto& [word, count] : right) both[word] += count;
    return both;
  }
};

counts hundred_entries() {
  counts entries;
  for (int n = 0; n != 100; ++n) entries["word number " + std::to_string(1000 + n)] = n;
  return entries;
}

template <class T, class Operator>
double measure(layer::job& job, std::string_view operation, const T& object, Operator op) {
  const bool crowded = static_cast<unsigned>(job.size()) > std::thread::hardware_concurrency();
  const bench::budget limits =
      crowded ? bench::budget{.batch_us = 20'000, .warm_up_us = 60'000, .total_us = 400'000}
              : bench::budget{};
  T expected = object;
  for (int rank = 1; rank < job.size(); ++rank) expected = op(expected, object);

  std::int64_t lap = 0;
  bool right = true;
  const auto run = [&](int root) {
    if (operation == "broadcast") {
      T value = job.rank() == root ? object : T();
      job.broadcast_object(value, root);
      right = right && value == object;
    } else if (operation == "gather") {
      std::vector<T> all;
      job.gather_objects(object, all, root);
      right = right && (job.rank() != root || all.back() == object);
    } else {
      T result;
      job.all_reduce_object(object, result, op);
      right = right && result == expected;
    }
  };
  const double took = bench::together(
      job,
      [&](std::int64_t laps) {
        const double start = bench::now_us();
        for (std::int64_t i = 0; i != laps; ++i) run(static_cast<int>(++lap % job.size()));
        return bench::now_us() - start;
      },
      limits);
  if (!right) {
    std::cerr << "collective_objects: " << operation << " gave rank " << job.rank()
              << " a wrong value\n";
    std::exit(1);
  }
  return took;
}

}  // namespace

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string_view which = argv[i];
    const std::string_view operation = which.substr(0, which.find(':'));
    const double took =
        which.ends_with(":map")
            ? measure(job, operation, hundred_entries(), merge())
            : measure(job, operation, std::string("sixteen letters!"), std::plus<>());
    if (job.rank() == 0) bench::report(which, took, "us");
  }
}
