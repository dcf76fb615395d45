// One way of a message of so many bytes whose contents the sender writes anew and the receiver
// verifies each lap. Both take longer than the transfer, so each way is timed by itself: the sender
// stamps the message just before it sends, the receiver looks at the clock just after it received;
// the steady clock is one for all processes of a host. Usage: rewritten BYTES…
#include LAYER_HEADER

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>
#include <vector>

#include "timing.hpp"

namespace {

constexpr std::size_t warm_up_laps = 5;
constexpr double total_us = 400'000;

// What stands before the words of every message.
struct header {
  double sent_us;       // when this message was sent
  double previous_us;   // how long the message before it took, the other way
  std::uint64_t round;  // seed of the words; zero ends the exchange
};
constexpr std::size_t header_words = sizeof(header) / sizeof(std::uint64_t);

// A heap buffer for messages of one size.
class buffer {
 public:
  explicit buffer(std::size_t bytes) : words_(bytes / sizeof(std::uint64_t)) {}

  header& head() { return *reinterpret_cast<header*>(words_.data()); }
  std::span<char> bytes() {
    return {reinterpret_cast<char*>(words_.data()), words_.size() * sizeof(std::uint64_t)};
  }

  void write() {
    for (std::size_t i = header_words; i < words_.size(); ++i) words_[i] = word(i);
  }
  bool right() {
    std::uint64_t wrong = 0;
    for (std::size_t i = header_words; i < words_.size(); ++i) wrong |= words_[i] ^ word(i);
    return wrong == 0;
  }

 private:
  std::uint64_t word(std::size_t i) { return head().round * 0x9E3779B97F4A7C15u + i; }

  std::vector<std::uint64_t> words_;
};

void send(layer::job& job, int dest, buffer& out, std::uint64_t round, double previous_us) {
  out.head() = {.sent_us = 0, .previous_us = previous_us, .round = round};
  out.write();
  out.head().sent_us = bench::now_us();
  job.send(dest, out.bytes());
}

// Returns how long the message took.
double recv(layer::job& job, int source, buffer& in) {
  job.recv(source, in.bytes());
  const double took_us = bench::now_us() - in.head().sent_us;
  if (!in.right()) {
    std::cerr << "rewritten: a message arrived with wrong contents\n";
    std::exit(1);
  }
  return took_us;
}

// Returns the median over the laps of the mean of both ways.
double lead(layer::job& job, buffer& out, buffer& in) {
  std::vector<double> samples;
  const double start = bench::now_us();
  for (std::uint64_t round = 1; samples.empty() || bench::now_us() - start < total_us; ++round) {
    send(job, 1, out, round, 0);
    const double back_us = recv(job, 1, in);
    if (round > warm_up_laps) samples.push_back((in.head().previous_us + back_us) / 2);
  }
  send(job, 1, out, 0, 0);
  return bench::median(std::move(samples));
}

void follow(layer::job& job, buffer& out, buffer& in) {
  for (;;) {
    const double took_us = recv(job, 0, in);
    if (in.head().round == 0) return;
    send(job, 0, out, in.head().round + 1, took_us);
  }
}

}  // namespace

int main(int argc, char** argv) {
  layer::job job(argc, argv);
  for (int i = 1; i < argc; ++i) {
    const auto size = static_cast<std::size_t>(std::atoll(argv[i]));
    buffer out(size);
    buffer in(size);
    job.barrier();
    if (job.rank() == 0) {
      bench::report(argv[i], lead(job, out, in), "us");
    } else {
      follow(job, out, in);
    }
  }
}
