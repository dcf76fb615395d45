// A pipe between two processes. Usage: pipe latency|bandwidth…
// latency: half a round trip of 8 bytes. bandwidth: messages of 1 MiB, one way.
#include LAYER_HEADER

#include <array>
#include <cstddef>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "batches.hpp"
#include "rate.hpp"
#include "timing.hpp"

namespace {

constexpr std::size_t mib = 1024 * 1024;

// The layer's pipe has two ends, `first` and `second`, that can be copied to processes; what one
// sends as bytes the other receives.
void echo(layer::connection to) {
  std::array<char, 8> message;
  for (;;) {
    to.recv(message);
    to.send(message);
  }
}

double latency_us() {
  const layer::pipe pipe;
  const layer::process partner(echo, pipe.second);
  layer::connection to = pipe.first;
  std::array<char, 8> message{};
  return bench::median_lap([&] {
           to.send(message);
           to.recv(message);
         }) /
         2;
}

void stream(layer::connection to) {
  const std::vector<char> message(mib);
  for (;;) to.send(message);
}

void receive(layer::connection from, layer::counters counters) {
  std::vector<char> message(mib);
  for (;;) {
    from.recv(message);
    counters.add(0);
  }
}

double gib_per_s() {
  const layer::pipe pipe;
  const layer::counters counters;
  const layer::process from(stream, pipe.first);
  const layer::process to(receive, pipe.second, counters);
  return bench::count(counters, 1).per_us() * 1e6 / 1024;
}

void measure(std::string_view which) {
  if (which == "latency") {
    bench::report(which, latency_us(), "us");
  } else if (which == "bandwidth") {
    bench::report(which, gib_per_s(), "GiB/s");
  } else {
    throw std::runtime_error("no such case");
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const layer::environment environment(argc, argv);
  for (int i = 1; i < argc; ++i) measure(argv[i]);
} catch (const std::exception& failure) {
  std::cerr << "pipe: " << failure.what() << '\n';
  return 1;
}
