// Rate of messages of so many bytes from rank 0 to rank 1: windows of 64 nonblocking operations on
// both sides, each window acknowledged. Usage: message_rate BYTES…
#include LAYER_HEADER

#include <cstdlib>
#include <span>
#include <vector>

#include "batches.hpp"

namespace {
constexpr std::size_t window_length = 64;
constexpr std::size_t acknowledgement = 8;
}  // namespace

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  for (int i = 1; i < argc; ++i) {
    const auto size = static_cast<std::size_t>(std::atoll(argv[i]));
    std::vector<char> memory(window_length * size);
    std::vector<char> done(acknowledgement);
    const auto slot = [&](std::size_t n) { return std::span(memory).subspan(n * size, size); };
    layer::window window(job, window_length);
    job.barrier();
    if (job.rank() == 0) {
      const double lap = bench::lead(job, 1, [&] {
        for (std::size_t n = 0; n != window_length; ++n) window.isend(1, slot(n));
        window.wait_all();
        job.recv(1, done);
      });
      bench::report(argv[i], static_cast<double>(window_length) / lap, "M/s");
    } else {
      bench::follow(job, 0, [&] {
        for (std::size_t n = 0; n != window_length; ++n) window.irecv(0, slot(n));
        window.wait_all();
        job.send(0, done);
      });
    }
  }
}
