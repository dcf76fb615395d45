// One collective operation of so many bytes, on contents that every rank writes anew before each
// lap and that are verified. BYTES is the size of a block: what a rank gives to a broadcast, a
// reduction and to each partner. The root of an operation that has one goes round, so that no rank
// can run ahead of the others.
//
// Operations of up to 1 KiB, and all of them where ranks exceed cores, are timed as a chain of laps
// that includes the writing; longer ones by themselves, from the last rank's entry to the last
// one's leaving. With `untouched`, contents stay as they are, which flatters caches. Usage:
// collective OPERATION:BYTES[:untouched]…
#include LAYER_HEADER

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "rounds.hpp"

namespace {

constexpr std::size_t chained_bytes = 1024;

// Element i of what a rank gives in a lap. Small whole numbers, so that every sum is exact.
double value(int rank, std::int64_t lap, std::size_t i) {
  return static_cast<double>(rank + 1) + static_cast<double>(lap % 64) +
         static_cast<double>(i % 128);
}

// What one rank gives and gets, each with room for a block of every rank.
struct buffers {
  buffers(int ranks, std::size_t bytes)
      : length(bytes / sizeof(double)),
        given(length * static_cast<std::size_t>(ranks)),
        got(given.size()) {}

  std::span<double> block() { return std::span(given).first(length); }
  std::span<double> result() { return std::span(got).first(length); }

  std::size_t length;  // of a block, in elements
  std::vector<double> given;
  std::vector<double> got;
};

// One operation: what is written before, the call, and element i of what is right afterwards.
struct operation {
  std::string_view name;
  bool gives_blocks;  // one to each rank
  void (*run)(layer::job&, buffers&, int root);
  // The element `i` of the result at this rank, or nothing to look at.
  std::size_t (*length)(const layer::job&, const buffers&, int root);
  double (*expected)(const layer::job&, const buffers&, int root, std::int64_t lap, std::size_t i);
};

std::size_t everything(const layer::job&, const buffers& b, int) {
  return b.got.size();
}
std::size_t one_block(const layer::job&, const buffers& b, int) {
  return b.length;
}
std::size_t nothing(const layer::job&, const buffers&, int) {
  return 0;
}
template <auto Length>
std::size_t at_root(const layer::job& job, const buffers& b, int root) {
  return job.rank() == root ? Length(job, b, root) : 0;
}

double sum(const layer::job& job, const buffers&, int, std::int64_t lap, std::size_t i) {
  double all = 0;
  for (int rank = 0; rank != job.size(); ++rank) all += value(rank, lap, i);
  return all;
}
double of_each(const layer::job&, const buffers& b, int, std::int64_t lap, std::size_t i) {
  const std::size_t block = b.length;
  return value(static_cast<int>(i / block), lap, i % block);
}
// Everybody's block for this rank.
double for_me(const layer::job& job, const buffers& b, int, std::int64_t lap, std::size_t i) {
  const std::size_t block = b.length;
  return value(static_cast<int>(i / block), lap,
               static_cast<std::size_t>(job.rank()) * block + i % block);
}

const operation operations[] = {
    {"barrier", false, [](layer::job& job, buffers&, int) { job.meet(); }, nothing, sum},
    {"broadcast", false,
     [](layer::job& job, buffers& b, int root) {
       job.broadcast(job.rank() == root ? b.block() : b.result(), root);
     },
     [](const layer::job& job, const buffers& b, int root) {
       return job.rank() == root ? 0 : b.length;
     },
     [](const layer::job&, const buffers&, int root, std::int64_t lap, std::size_t i) {
       return value(root, lap, i);
     }},
    {"scatter", true,
     [](layer::job& job, buffers& b, int root) { job.scatter(b.given, b.result(), root); },
     one_block,
     [](const layer::job& job, const buffers& b, int root, std::int64_t lap, std::size_t i) {
       return value(root, lap, static_cast<std::size_t>(job.rank()) * b.length + i);
     }},
    {"gather", false,
     [](layer::job& job, buffers& b, int root) { job.gather(b.block(), b.got, root); },
     at_root<everything>, of_each},
    {"all_gather", false,
     [](layer::job& job, buffers& b, int) { job.all_gather(b.block(), b.got); }, everything,
     of_each},
    {"all_to_all", true,
     [](layer::job& job, buffers& b, int) { job.all_to_all(b.given, b.got, b.length); }, everything,
     for_me},
    {"reduce", false,
     [](layer::job& job, buffers& b, int root) { job.reduce(b.block(), b.result(), root); },
     at_root<one_block>, sum},
    {"all_reduce", false,
     [](layer::job& job, buffers& b, int) { job.all_reduce(b.block(), b.result()); }, one_block,
     sum},
    {"reduce_scatter", true,
     [](layer::job& job, buffers& b, int) { job.reduce_scatter(b.given, b.result()); }, one_block,
     [](const layer::job& job, const buffers& b, int, std::int64_t lap, std::size_t i) {
       return sum(job, b, 0, lap, static_cast<std::size_t>(job.rank()) * b.length + i);
     }},
};

void verify(const layer::job& job, const operation& what, const buffers& b, int root,
            std::int64_t lap) {
  const std::size_t length = what.length(job, b, root);
  for (std::size_t i = 0; i != length; ++i) {
    if (b.got[i] == what.expected(job, b, root, lap, i)) continue;
    std::cerr << "collective: " << what.name << " gave rank " << job.rank() << " a wrong element "
              << i << '\n';
    std::exit(1);
  }
}

double measure(layer::job& job, const operation& what, std::size_t bytes, bool untouched) {
  buffers b(job.size(), bytes);
  const std::span<double> all = what.gives_blocks ? std::span(b.given) : b.block();
  const auto write = [&all, rank = job.rank()](std::int64_t as_of) {
    for (std::size_t i = 0; i != all.size(); ++i) all[i] = value(rank, as_of, i);
  };
  write(0);
  std::int64_t lap = 0;  // counts on over all batches, on all ranks alike
  const auto next = [&] {
    ++lap;
    if (!untouched) write(lap);
  };
  const auto root = [&] { return static_cast<int>(lap % job.size()); };
  const auto written = [&] { return untouched ? 0 : lap; };

  const bool crowded = static_cast<unsigned>(job.size()) > std::thread::hardware_concurrency();
  if (crowded || bytes <= chained_bytes) {
    const bench::budget limits =
        crowded ? bench::budget{.batch_us = 20'000, .warm_up_us = 60'000, .total_us = 400'000}
                : bench::budget{};
    return bench::together(
        job,
        [&](std::int64_t laps) {
          const double start = bench::now_us();
          for (std::int64_t i = 0; i != laps; ++i) {
            next();
            what.run(job, b, root());
          }
          const double took = bench::now_us() - start;
          verify(job, what, b, root(), written());
          return took;
        },
        limits);
  }
  std::vector<bench::interval> intervals;
  return bench::together(job, [&](std::int64_t laps) {
    intervals.clear();
    for (std::int64_t i = 0; i != laps; ++i) {
      next();
      job.meet();
      const double entered = bench::now_us();
      what.run(job, b, root());
      intervals.push_back({entered, bench::now_us()});
      verify(job, what, b, root(), written());
    }
    return bench::duration_of(job, intervals);
  });
}

}  // namespace

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  for (int i = 1; i < argc; ++i) {
    const std::string_view which = argv[i];
    const auto colon = which.find(':');
    const auto bytes = static_cast<std::size_t>(std::atoll(argv[i] + colon + 1));
    for (const operation& what : operations) {
      if (what.name != which.substr(0, colon)) continue;
      const double took = measure(job, what, bytes, which.ends_with(":untouched"));
      if (job.rank() == 0) bench::report(which, took, "us");
    }
  }
}
