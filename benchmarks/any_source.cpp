// Half round trip of 8 bytes between ranks 0 and 1 that receive from any source, or from the rank
// that they name, while all other ranks are attached to rank 0 and idle. Usage: any_source
// any|named…
#include LAYER_HEADER

#include <array>
#include <string_view>

#include "batches.hpp"

namespace {

using message = std::array<char, 8>;

// Every rank has exchanged a message with rank 0, so that nothing is left to be set up.
void attach(layer::job& job) {
  message contents{};
  if (job.rank() != 0) {
    job.send(0, contents);
    job.recv_idle(0, contents);
    return;
  }
  for (int rank = 1; rank < job.size(); ++rank) {
    job.recv_idle(rank, contents);
    job.send(rank, contents);
  }
}

void measure(layer::job& job, std::string_view which) {
  const int partner = 1 - job.rank();
  const message out{};
  message in{};
  const auto recv = [&](bool any) { any ? job.recv_any(in) : job.recv(partner, in); };
  const bool any = which == "any";
  if (job.rank() == 0) {
    const double lap = bench::lead(job, partner, [&] {
      job.send(partner, out);
      recv(any);
    });
    bench::report(which, lap / 2, "us");
  } else {
    bench::follow(job, partner, [&] {
      recv(any);
      job.send(partner, out);
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  attach(job);
  message release{};
  if (job.rank() <= 1) {
    for (int i = 1; i < argc; ++i) measure(job, argv[i]);
  } else {
    job.recv_idle(0, release);
  }
  if (job.rank() == 0) {
    for (int rank = 2; rank < job.size(); ++rank) job.send(rank, release);
  }
}
