// Every blocking call with a deadline that passes: timeout_error says what was missing, and nothing
// is lost: what comes later is received, what was taken back is not.
#include "support/ranked.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

constexpr int tag = 6;
constexpr std::size_t long_message = 200'000;  // stays with its sender until it is received

std::string what_of_timeout(const std::function<void()>& blocks) {
  try {
    blocks();
  } catch (const timeout_error& e) {
    return e.what();
  }
  ADD_FAILURE() << "no timeout_error";
  return {};
}

}  // namespace

RANKED_TEST(deadline, every_call_gives_up) {
  const int left = left_of(world);
  const int right = right_of(world);
  int value = 0;
  std::array<int, 2> room{};
  std::string text(long_message, 'x');
  EXPECT_THROW(world.recv<int>(left, tag, within(1ms)), timeout_error);
  EXPECT_THROW(world.recv(left, tag, value, within(1ms)), timeout_error);
  EXPECT_THROW(world.recv(left, any_tag, std::span(room), within(1ms)), timeout_error);
  EXPECT_THROW(world.recv(any_source, tag, within(1ms)), timeout_error);
  EXPECT_THROW(world.recv<std::string>(any_source, any_tag, within(1ms)), timeout_error);
  EXPECT_THROW(world.probe(left, tag, within(1ms)), timeout_error);
  EXPECT_THROW(world.mprobe(any_source, tag, within(1ms)), timeout_error);
  world.barrier();
  EXPECT_THROW(world.send(right, tag, text, within(1ms)), timeout_error);
  EXPECT_THROW(world.send(right, tag, std::span(text), within(1ms)), timeout_error);
  EXPECT_THROW(world.ssend(right, tag, 1, within(1ms)), timeout_error);
  EXPECT_THROW(world.ssend(right, tag, within(1ms)), timeout_error);
  EXPECT_THROW(world.sendrecv<int>(right, tag, text, left, tag + 1, within(1ms)), timeout_error);
  world.barrier();
}

RANKED_TEST(deadline, requests_stay_active) {
  std::vector<int> out(long_message, world.rank());
  auto receiving = world.irecv<std::vector<int>>(left_of(world), tag);
  EXPECT_THROW(receiving.wait(within(1ms)), timeout_error);
  EXPECT_THROW(receiving.get(within(1ms)), timeout_error);
  EXPECT_TRUE(receiving.active());
  EXPECT_THROW(wait_all(&receiving, &receiving + 1, within(1ms)), timeout_error);
  EXPECT_THROW(wait_any(&receiving, &receiving + 1, within(1ms)), timeout_error);
  EXPECT_THROW(wait_some(&receiving, &receiving + 1, within(1ms)), timeout_error);
  world.barrier();
  request sending = world.isend(right_of(world), tag, std::span<const int>(out));
  EXPECT_EQ(receiving.get(), std::vector<int>(long_message, left_of(world)));
  sending.wait();

  sending = world.issend(right_of(world), tag, std::span<const int>(out));
  EXPECT_THROW(sending.wait(within(1ms)), timeout_error);
  EXPECT_TRUE(sending.active());
  world.barrier();
  EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), tag),
            std::vector<int>(long_message, left_of(world)));
  sending.wait();
}

RANKED_TEST(deadline, a_receive_that_gave_up_takes_nothing) {
  for (const std::size_t length : {std::size_t{1}, std::size_t{5000}, long_message}) {
    std::vector<int> out(length, world.rank());
    EXPECT_THROW(world.recv<std::vector<int>>(left_of(world), tag, within(1ms)), timeout_error);
    world.barrier();
    request sending = world.isend(right_of(world), tag, out);
    EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), tag),
              std::vector<int>(length, left_of(world)));
    sending.wait();
    world.barrier();
  }
}

RANKED_TEST(deadline, a_send_that_gave_up_is_not_received) {
  const std::string text(long_message, 'x');
  EXPECT_THROW(world.send(right_of(world), tag, text, within(1ms)), timeout_error);
  world.barrier();
  world.send(right_of(world), tag, "the next");
  EXPECT_EQ(world.recv<std::string>(left_of(world), tag), "the next");
}

// Receives that give up while their message is being copied: the next goes on, and gets it whole.
RANKED_TEST(deadline, in_the_middle_of_a_message) {
  const std::vector<int> out(1 << 20, world.rank());
  for (int round = 0; round < 6; ++round) {
    request sending = world.issend(right_of(world), tag, std::span<const int>(out));
    std::vector<int> received;
    try {
      world.recv(left_of(world), tag, received, within(std::chrono::microseconds(100 << round)));
    } catch (const timeout_error&) {
      world.recv(left_of(world), tag, received);
    }
    EXPECT_TRUE(received == std::vector<int>(1 << 20, left_of(world)));
    sending.wait();
  }
}

RANKED_TEST(deadline, sends_that_race_with_their_receives) {
  // Whether a send gives up or not, its receiver agrees: it counts what comes until the last word.
  std::vector<int> out(300'000, world.rank());
  int sent = 0;
  int received = 0;
  const auto receive_some = [&] {
    while (auto found = world.improbe(left_of(world), tag)) {
      std::vector<int> in;
      try {
        found->recv(in);
      } catch (const error&) {
        continue;  // taken back meanwhile
      }
      EXPECT_EQ(in, std::vector<int>(300'000, left_of(world)));
      ++received;
    }
  };
  for (int round = 0; round < 20; ++round) {
    try {
      world.send(right_of(world), tag, std::span<const int>(out),
                 within(std::chrono::microseconds(20 * round)));
      ++sent;
    } catch (const timeout_error&) {
    }
    receive_some();
  }
  world.send(right_of(world), tag + 1, sent);
  const int expected = world.recv<int>(left_of(world), tag + 1);
  EXPECT_EQ(received, expected);
}

RANKED_TEST(deadline, says_what_was_missing) {
  world.send(right_of(world), 99, 5);
  world.barrier();
  const std::string text =
      what_of_timeout([&] { world.recv<int>(left_of(world), tag, within(1ms)); });
  EXPECT_NE(text.find("recv"), std::string::npos) << text;
  EXPECT_NE(text.find("rank " + std::to_string(left_of(world)) + ", tag 6"), std::string::npos)
      << text;
  EXPECT_NE(text.find("tag 99 from rank " + std::to_string(left_of(world))), std::string::npos)
      << text;
  EXPECT_NE(text.find("[rank " + std::to_string(world.rank()) + ", "), std::string::npos) << text;
  EXPECT_NE(text.find("deadline_test.cpp:"), std::string::npos) << text;
  EXPECT_EQ(world.recv<int>(left_of(world), 99), 5);
  world.barrier();
}

RANKED_TEST(deadline, zero_negative_and_endless) {
  EXPECT_THROW(world.recv<int>(left_of(world), tag, within(0s)), timeout_error);
  EXPECT_THROW(world.recv<int>(left_of(world), tag, within(-1h)), timeout_error);
  EXPECT_THROW(world.recv<int>(left_of(world), tag, until(cohort::deadline::clock::now())),
               timeout_error);
  world.barrier();
  world.send(right_of(world), tag, 1);
  world.barrier();
  EXPECT_EQ(world.recv<int>(left_of(world), tag, within(0s)), 1) << "one look";
  world.send(right_of(world), tag, 2);
  EXPECT_EQ(world.recv<int>(left_of(world), tag, within(std::chrono::hours::max())), 2);
}

RANKED_TEST(deadline, barrier, .ranks = 2) {
  // Rank 0 does not come until the others have given up: one by its deadline, the others by that or
  // by the news of it.
  const communicator closing = world.dup();
  int late = 0;
  if (world.rank() == 0) {
    for (int from = 1; from < world.size(); ++from) late += world.recv<int>(from, tag);
    EXPECT_GE(late, 1);
    for (int to = 1; to < world.size(); ++to) world.send(to, tag);
  } else {
    try {
      closing.barrier(within(1ms));
      ADD_FAILURE() << "a barrier without rank 0";
    } catch (const timeout_error&) {
      late = 1;
    } catch (const collective_error&) {
    }
    world.send(0, tag, late);
    world.recv(0, tag);
  }
  EXPECT_THROW(closing.barrier(), collective_error) << "closed";
  closing.shrink().barrier();
}

}  // namespace cohort::test
