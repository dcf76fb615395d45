// Half round trip of a message of so many bytes between ranks 0 and 1, contents untouched.
// Usage: pingpong BYTES…
#include LAYER_HEADER

#include <cstdlib>
#include <vector>

#include "batches.hpp"

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  for (int i = 1; i < argc; ++i) {
    const auto size = static_cast<std::size_t>(std::atoll(argv[i]));
    const std::vector<char> out(size, 'x');
    std::vector<char> in(size);
    job.barrier();
    if (job.rank() == 0) {
      const double lap = bench::lead(job, 1, [&] {
        job.send(1, out);
        job.recv(1, in);
      });
      bench::report(argv[i], lap / 2, "us");
    } else {
      bench::follow(job, 0, [&] {
        job.recv(0, in);
        job.send(0, out);
      });
    }
  }
}
