// Thread level `multiple`: several threads of each rank in all calls at once, on one communicator
// and on several, as senders and receivers of one another's messages.
#include "support/ranked.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

constexpr int threads = 4;

// Runs f(0), f(1), … at once, and throws what the first of them threw.
void in_threads(const std::function<void(int)>& f) {
  std::mutex mutex;
  std::exception_ptr first;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      try {
        f(i);
      } catch (...) {
        const std::scoped_lock lock(mutex);
        if (!first) first = std::current_exception();
      }
    });
  }
  for (std::thread& t : running) t.join();
  if (first) std::rethrow_exception(first);
}

std::vector<int> contents(int round, int index) {
  constexpr std::size_t lengths[] = {1, 12, 13, 5000, 60'000};
  return std::vector<int>(lengths[static_cast<std::size_t>(round) % 5], round * 10 + index);
}

}  // namespace

#define THREADS_TEST(name) RANKED_TEST(threads_multiple, name, .threads = true)

THREADS_TEST(a_tag_for_each_thread) {
  in_threads([&](int index) {
    for (int round = 0; round < 100; ++round) {
      const auto mine = contents(round, index);
      EXPECT_EQ(
          world.sendrecv<std::vector<int>>(right_of(world), index, mine, left_of(world), index),
          mine);
    }
  });
}

THREADS_TEST(a_communicator_for_each_thread) {
  std::vector<communicator> own;
  for (int i = 0; i < threads; ++i) own.push_back(world.dup());
  in_threads([&](int index) {
    const communicator& comm = own[static_cast<std::size_t>(index)];
    for (int round = 0; round < 50; ++round) {
      EXPECT_EQ(shift(comm, contents(round, index)), contents(round, index));
      comm.barrier();
    }
  });
}

THREADS_TEST(blocking_senders_and_receivers) {
  // Two threads send, two receive: a receiver that sleeps must not keep the senders out.
  std::atomic<int> received{0};
  constexpr int rounds = 100;
  in_threads([&](int index) {
    for (int round = 0; round < rounds; ++round) {
      if (index % 2 == 0) {
        world.send(right_of(world), index / 2, contents(round, index));
      } else {
        EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), index / 2),
                  contents(round, index - 1));
        ++received;
      }
    }
  });
  EXPECT_EQ(received, 2 * rounds);
}

THREADS_TEST(each_message_goes_to_one_of_the_receivers) {
  constexpr int rounds = 100;
  std::vector<request> sending;
  for (int i = 0; i < threads * rounds; ++i) {
    sending.push_back(
        world.isend(right_of(world), 5, std::vector<int>(static_cast<std::size_t>(1 + i % 20), i)));
  }
  std::mutex mutex;
  std::vector<int> seen(threads * rounds, 0);
  in_threads([&](int index) {
    for (int round = 0; round < rounds; ++round) {
      // Matched probes: nobody takes the message between the probe and the receive.
      const auto received = index % 2 == 0 ? world.recv<std::vector<int>>(any_source, 5)
                                           : world.mprobe(any_source, 5).recv<std::vector<int>>();
      const std::scoped_lock lock(mutex);
      ++seen.at(static_cast<std::size_t>(received.at(0)));
    }
  });
  EXPECT_EQ(seen, std::vector<int>(threads * rounds, 1));
  wait_all(sending);
}

THREADS_TEST(a_thread_that_sleeps_lets_others_wait_with_deadlines) {
  std::atomic<int> timeouts{0};
  in_threads([&](int index) {
    if (index == 0) {
      EXPECT_EQ(world.recv<int>(left_of(world), 7), 7);
      return;
    }
    for (int round = 0; round < 20; ++round) {
      try {
        world.recv<int>(left_of(world), 100 + index, within(500us));
      } catch (const timeout_error&) {
        ++timeouts;
      }
    }
    if (index == 1) world.send(right_of(world), 7, 7);
  });
  EXPECT_EQ(timeouts, 3 * 20);
}

THREADS_TEST(requests_are_waited_for_by_other_threads) {
  std::vector<value_request<std::vector<int>>> receives;
  for (int i = 0; i < threads; ++i) {
    receives.push_back(world.irecv<std::vector<int>>(left_of(world), i));
  }
  world.barrier();
  in_threads([&](int index) {
    const int other = threads - 1 - index;
    request sending = world.isend(right_of(world), index, contents(3, index));
    EXPECT_EQ(receives[static_cast<std::size_t>(other)].get(), contents(3, other));
    sending.wait();
  });
}

THREADS_TEST(polling_beside_blocking) {
  in_threads([&](int index) {
    for (int round = 0; round < 50; ++round) {
      if (index % 2 == 0) {
        auto receiving = world.irecv<std::vector<int>>(left_of(world), index);
        request sending = world.isend(right_of(world), index, contents(round, index));
        while (!receiving.test()) std::this_thread::yield();
        EXPECT_EQ(receiving.get(), contents(round, index));
        sending.wait();
      } else {
        world.send(right_of(world), index, round);
        EXPECT_EQ(world.recv<int>(left_of(world), index), round);
      }
    }
  });
}

THREADS_TEST(communicators_are_made_beside_traffic) {
  in_threads([&](int index) {
    if (index == 0) {
      for (int round = 0; round < 10; ++round) {
        const communicator twin = world.dup();
        EXPECT_EQ(shift(twin, world.rank()), left_of(world));
      }
    } else {
      for (int round = 0; round < 50; ++round) {
        EXPECT_EQ(world.sendrecv<int>(right_of(world), index, round, left_of(world), index), round);
      }
    }
  });
}

}  // namespace cohort::test
