// Queues between processes. Usage: queue SIZE:PUTTERS:GETTERS|latency…
// SIZE:PUTTERS:GETTERS: items of SIZE (8 or 1024) bytes a second through one queue that so many
// processes fill and so many empty. latency: half a round trip of 8 bytes through two queues.
#include LAYER_HEADER

#include <array>
#include <cstddef>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "batches.hpp"
#include "rate.hpp"
#include "timing.hpp"

namespace {

template <std::size_t size>
using item = std::array<char, size>;

// The layer's queue<Item>(putters, getters) can be copied to processes. A process puts through a
// putter<Item>(queue, index) and gets through a getter<Item>(queue, index).
template <class Item>
void fill(layer::queue<Item> queue, int index) {
  layer::putter<Item> to(queue, index);
  const Item one{};
  for (;;) to.put(one);
}

template <class Item>
void drain(layer::queue<Item> queue, int index, layer::counters counters) {
  layer::getter<Item> from(queue, index);
  Item one;
  for (;;) {
    from.get(one);
    counters.add(static_cast<std::size_t>(index));
  }
}

template <class Item>
double items_per_us(int putters, int getters) {
  const layer::queue<Item> queue(putters, getters);
  const layer::counters counters;
  std::vector<layer::process> processes;
  for (int index = 0; index != getters; ++index)
    processes.emplace_back(drain<Item>, queue, index, counters);
  for (int index = 0; index != putters; ++index) processes.emplace_back(fill<Item>, queue, index);
  return bench::count(counters, static_cast<std::size_t>(getters)).per_us();
}

void echo(layer::queue<item<8>> there, layer::queue<item<8>> back) {
  layer::getter<item<8>> from(there, 0);
  layer::putter<item<8>> to(back, 0);
  item<8> one;
  for (;;) {
    from.get(one);
    to.put(one);
  }
}

double latency_us() {
  const layer::queue<item<8>> there(1, 1);
  const layer::queue<item<8>> back(1, 1);
  const layer::process partner(echo, there, back);
  layer::putter<item<8>> to(there, 0);
  layer::getter<item<8>> from(back, 0);
  item<8> one{};
  return bench::median_lap([&] {
           to.put(one);
           from.get(one);
         }) /
         2;
}

void measure(std::string_view which) {
  if (which == "latency") {
    bench::report(which, latency_us(), "us");
    return;
  }
  const std::size_t first = which.find(':');
  const std::size_t second = which.find(':', first + 1);
  if (second == std::string_view::npos) throw std::runtime_error("no such case");
  const std::string_view size = which.substr(0, first);
  const int putters = std::stoi(std::string(which.substr(first + 1)));
  const int getters = std::stoi(std::string(which.substr(second + 1)));
  if (size == "8") {
    bench::report(which, items_per_us<item<8>>(putters, getters), "M/s");
  } else if (size == "1024") {
    bench::report(which, items_per_us<item<1024>>(putters, getters), "M/s");
  } else {
    throw std::runtime_error("no such size");
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const layer::environment environment(argc, argv);
  for (int i = 1; i < argc; ++i) measure(argv[i]);
} catch (const std::exception& failure) {
  std::cerr << "queue: " << failure.what() << '\n';
  return 1;
}
