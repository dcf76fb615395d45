// Long messages × sizes round the borders of pieces and pages × each way in which they travel: one
// copy by the receiver, both sides copying, and blocks where the kernel allows no single copy.
#include "p2p/samples.hpp"
#include "support/ranked.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t kib = 1024;
constexpr std::size_t mib = 1024 * kib;
constexpr std::size_t sizes[] = {64 * kib + 1,  128 * kib - 1, 256 * kib - 1, 256 * kib,
                                 256 * kib + 1, 511 * kib + 3, mib,           mib + 4095,
                                 3 * mib + 17,  8 * mib - 1,   8 * mib};

// Eight bytes at a time, by a linear congruential generator (Knuth's MMIX).
std::vector<std::uint8_t> bytes(int rank, std::size_t size) {
  std::vector<std::uint8_t> result(size);
  std::uint64_t state = mixed(static_cast<std::uint32_t>(rank) + static_cast<std::uint32_t>(size));
  for (std::size_t at = 0; at < size; at += sizeof state) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    std::memcpy(&result[at], &state, std::min(sizeof state, size - at));
  }
  return result;
}

// Each way of receiving, on its own: blocking calls without a deadline let the sender write, too.
void pass_all_sizes(const communicator& world) {
  const int right = right_of(world);
  const int left = left_of(world);
  for (const std::size_t size : sizes) {
    SCOPED_TRACE(testing::Message() << size << " bytes");
    const auto out = bytes(world.rank(), size);
    const auto expected = bytes(left, size);
    const std::span<const std::uint8_t> sent(out);
    std::vector<std::uint8_t> in(size);
    const auto receive = [&](const char* how, const std::function<void()>& call) {
      std::fill(in.begin(), in.end(), std::uint8_t{0});
      request sending = world.isend(right, 1, sent);
      call();
      EXPECT_TRUE(in == expected) << how;
      sending.wait();
    };
    receive("recv", [&] { world.recv(left, 1, std::span(in)); });
    receive("recv with a deadline", [&] { world.recv(left, 1, std::span(in), within(1h)); });
    receive("recv of a vector", [&] { in = world.recv<std::vector<std::uint8_t>>(left, 1); });
    receive("irecv", [&] { world.irecv(left, 1, std::span(in)).wait(); });
    receive("polled", [&] {
      request receiving = world.irecv(left, 1, std::span(in));
      while (!receiving.test()) {
      }
    });
    receive("mprobe", [&] { world.mprobe(left, 1).recv(std::span(in)); });
  }
}

// Several at once from everybody, in both directions.
void all_to_all(const communicator& world) {
  constexpr std::size_t size = 300 * kib + 5;
  std::vector<request> requests;
  std::vector<std::vector<std::uint8_t>> in(static_cast<std::size_t>(world.size()));
  std::vector<std::uint8_t> out = bytes(world.rank(), size);
  for (int peer = 0; peer < world.size(); ++peer) {
    auto& room = in[static_cast<std::size_t>(peer)];
    room.resize(size);
    requests.push_back(world.irecv(peer, 1, std::span(room)));
  }
  for (int peer = 0; peer < world.size(); ++peer) {
    requests.push_back(world.isend(peer, 1, std::span<const std::uint8_t>(out)));
  }
  wait_all(requests);
  for (int peer = 0; peer < world.size(); ++peer) {
    EXPECT_TRUE(in[static_cast<std::size_t>(peer)] == bytes(peer, size)) << "from " << peer;
  }
}

// A receive that is dropped, and one that gives up, while blocks are on their way.
void interrupted(const communicator& world) {
  const auto out = bytes(world.rank(), 2 * mib);
  const auto expected = bytes(left_of(world), 2 * mib);
  for (int round = 0; round < 4; ++round) {
    request sending = world.isend(right_of(world), 1, std::span<const std::uint8_t>(out));
    bool received = false;
    {
      std::vector<std::uint8_t> gone(out.size());
      request receiving = world.irecv(left_of(world), 1, std::span(gone));
      for (int look = 0; look < round && !received; ++look) {
        received = receiving.test().has_value();
      }
      EXPECT_TRUE(!received || gone == expected);
    }
    if (!received) {
      EXPECT_TRUE(world.recv<std::vector<std::uint8_t>>(left_of(world), 1) == expected);
    }
    sending.wait();
  }
}

}  // namespace

RANKED_TEST(large, single_copy) {
  pass_all_sizes(world);
}
RANKED_TEST(large, streamed, .setting = "COHORT_SINGLE_COPY=0") {
  pass_all_sizes(world);
}
RANKED_TEST(large, all_to_all) {
  all_to_all(world);
}
RANKED_TEST(large, all_to_all_streamed, .setting = "COHORT_SINGLE_COPY=0") {
  all_to_all(world);
}
RANKED_TEST(large, interrupted) {
  interrupted(world);
}
RANKED_TEST(large, interrupted_streamed, .setting = "COHORT_SINGLE_COPY=0") {
  interrupted(world);
}

}  // namespace cohort::test
