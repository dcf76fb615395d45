// Half round trip of a message of so many bytes while every even rank talks to the odd one after
// it, all pairs at once: meant for more ranks than cores. Usage: crowded BYTES…
#include LAYER_HEADER

#include <cstdlib>
#include <vector>

#include "batches.hpp"

// Batches hold many changes of whose turn the core is, so that none of them sees only the pair's
// own.
constexpr bench::budget limits{.batch_us = 20'000, .warm_up_us = 60'000, .total_us = 500'000};

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  const bool leads = job.rank() % 2 == 0;
  const int partner = leads ? job.rank() + 1 : job.rank() - 1;
  if (partner == job.size()) return 0;

  for (int i = 1; i < argc; ++i) {
    const auto size = static_cast<std::size_t>(std::atoll(argv[i]));
    const std::vector<char> out(size, 'x');
    std::vector<char> in(size);
    // Every leader runs for the same time from here, so that all pairs stay active to the end.
    job.barrier();
    if (leads) {
      const double lap = bench::lead(
          job, partner,
          [&] {
            job.send(partner, out);
            job.recv_crowded(partner, in);
          },
          limits);
      if (job.rank() == 0) bench::report(argv[i], lap / 2, "us");
    } else {
      bench::follow(job, partner, [&] {
        job.recv_crowded(partner, in);
        job.send(partner, out);
      });
    }
  }
}
