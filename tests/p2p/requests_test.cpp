// Requests in every state: under way, ended, waited for, moved from, dropped, cancelled; and the
// functions over many.
#include "support/ranked.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t lengths[] = {1, 12, 13, 5000, 100'000};  // of ints, by way of travelling

std::vector<int> numbers(std::size_t length, int first) {
  std::vector<int> result(length);
  for (int& n : result) n = first++;
  return result;
}

}  // namespace

RANKED_TEST(requests, test_turns_true_once_the_message_is_there) {
  int received = 0;
  request receiving = world.irecv(left_of(world), 1, received);
  EXPECT_TRUE(receiving.active());
  EXPECT_EQ(receiving.test(), std::nullopt);
  world.barrier();
  world.send(right_of(world), 1, 10 + world.rank());
  world.barrier();  // by now the message is there
  const auto facts = receiving.test();
  ASSERT_TRUE(facts.has_value());
  EXPECT_EQ(facts->source(), left_of(world));
  EXPECT_EQ(received, 10 + left_of(world));
  EXPECT_FALSE(receiving.active());
  EXPECT_THROW(receiving.test(), request_error);
  EXPECT_THROW(receiving.wait(), request_error);
}

RANKED_TEST(requests, can_be_polled_to_the_end) {
  for (const std::size_t length : lengths) {
    auto receiving = world.irecv<std::vector<int>>(left_of(world), 1);
    request sending = world.isend(right_of(world), 1, numbers(length, world.rank()));
    bool received = false;
    bool sent = false;
    while (!received || !sent) {
      if (!received) received = receiving.test().has_value();
      if (!sent) sent = sending.test().has_value();
    }
    EXPECT_EQ(receiving.get(), numbers(length, left_of(world)));
  }
}

RANKED_TEST(requests, nothing_can_be_done_with_an_empty_one) {
  request empty;
  EXPECT_FALSE(empty.active());
  EXPECT_THROW(empty.wait(), request_error);
  EXPECT_THROW(empty.test(), request_error);
  EXPECT_THROW(empty.cancel(), request_error);
  EXPECT_THROW(empty.start(), request_error);
  value_request<int> nothing;
  EXPECT_THROW(nothing.get(), request_error);
}

RANKED_TEST(requests, moved_from) {
  request first = world.irecv(left_of(world), 1);
  request second = std::move(first);
  EXPECT_THROW(first.wait(), request_error);  // NOLINT: moved from on purpose
  EXPECT_FALSE(first.active());
  EXPECT_TRUE(second.active());
  first = std::move(second);
  world.send(right_of(world), 1);
  EXPECT_EQ(first.wait().source(), left_of(world));

  auto value = world.irecv<std::string>(left_of(world), 1);
  auto other = std::move(value);
  world.send(right_of(world), 1, "moved");
  EXPECT_THROW(value.get(), request_error);  // NOLINT: moved from on purpose
  EXPECT_EQ(other.get(), "moved");
  EXPECT_THROW(other.get(), request_error);
}

RANKED_TEST(requests, a_value_can_be_taken_after_wait_or_test) {
  auto first = world.irecv<std::string>(left_of(world), 1);
  auto second = world.irecv<std::string>(left_of(world), 2);
  world.send(right_of(world), 1, "after wait");
  world.send(right_of(world), 2, "after test");
  EXPECT_EQ(first.wait().tag(), 1);
  EXPECT_EQ(first.get(), "after wait");
  world.barrier();
  ASSERT_TRUE(second.test().has_value());
  EXPECT_EQ(second.get(), "after test");
}

RANKED_TEST(requests, a_cancelled_receive_leaves_the_message) {
  int never = -1;
  request receiving = world.irecv(left_of(world), 1, never);
  receiving.cancel();
  const status facts = receiving.wait();
  EXPECT_TRUE(facts.cancelled());
  world.barrier();
  world.send(right_of(world), 1, 17);
  EXPECT_EQ(world.recv<int>(left_of(world), 1), 17);
  EXPECT_EQ(never, -1);
}

RANKED_TEST(requests, cancelling_what_has_ended_changes_nothing) {
  auto receiving = world.irecv<int>(left_of(world), 1);
  world.send(right_of(world), 1, 18);
  world.barrier();
  world.iprobe();  // takes in what is there
  receiving.cancel();
  EXPECT_FALSE(receiving.wait().cancelled());
  EXPECT_EQ(receiving.get(), 18);
}

RANKED_TEST(requests, a_cancelled_send_is_never_received) {
  for (const std::size_t length : lengths) {
    std::vector<int> borrowed = numbers(length, 1);
    request sending = world.issend(right_of(world), 1, std::span<const int>(borrowed));
    sending.cancel();
    EXPECT_TRUE(sending.wait().cancelled());
    borrowed.assign(length, -1);
    world.barrier();  // a receive that is posted before all have cancelled could take one
    world.send(right_of(world), 1, 2);
    EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), 1), std::vector<int>{2});
    EXPECT_EQ(world.iprobe(), std::nullopt);
    world.barrier();
  }
}

RANKED_TEST(requests, a_dropped_receive_leaves_the_message) {
  for (const std::size_t length : lengths) {
    {
      std::vector<int> gone(length);
      const request receiving = world.irecv(left_of(world), 1, std::span(gone));
    }
    { const auto receiving = world.irecv<std::vector<int>>(any_source, any_tag); }
    world.barrier();
    request sending = world.isend(right_of(world), 1, numbers(length, 5));
    EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), 1), numbers(length, 5));
    sending.wait();
  }
}

RANKED_TEST(requests, a_receive_dropped_while_its_message_comes) {
  for (const std::size_t length : lengths) {
    auto receiving = world.irecv<std::vector<int>>(left_of(world), 1);
    world.barrier();
    request sending = world.isend(right_of(world), 1, numbers(length, 5));
    receiving.test();  // may match the message, and begin to copy it
    if (receiving.active()) {
      receiving = value_request<std::vector<int>>();
      EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), 1), numbers(length, 5));
    } else {
      EXPECT_EQ(receiving.get(), numbers(length, 5));
    }
    sending.wait();
    world.barrier();
  }
}

RANKED_TEST(requests, a_dropped_send_arrives) {
  for (const std::size_t length : lengths) {
    {
      std::vector<int> borrowed = numbers(length, world.rank());
      const request sending = world.issend(right_of(world), 1, std::span<const int>(borrowed));
    }
    { const request sending = world.isend(right_of(world), 1, numbers(length, 8)); }
    world.barrier();
    EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), 1), numbers(length, left_of(world)));
    EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), 1), numbers(length, 8));
    world.barrier();
  }
}

RANKED_TEST(requests, dropped_at_the_end_of_the_job) {
  // Nobody waits any more: the end of the rank sees to it that the message gets out.
  if (world.rank() != 0) world.issend(0, 1, numbers(100'000, world.rank()));
  if (world.rank() == 0) {
    for (int from = 1; from < world.size(); ++from) {
      EXPECT_EQ(world.recv<std::vector<int>>(from, 1), numbers(100'000, from));
    }
  }
}

RANKED_TEST(requests, assigning_drops_what_was_there) {
  std::array<int, 2> received{-1, -1};
  request receiving = world.irecv(left_of(world), 1, received[0]);
  receiving = world.irecv(left_of(world), 1, received[1]);
  world.barrier();
  world.send(right_of(world), 1, 5);
  receiving.wait();
  EXPECT_EQ(received, (std::array{-1, 5}));
}

RANKED_TEST(requests, wait_all_gives_all_statuses) {
  std::vector<request> requests;
  std::array<int, 3> received{};
  for (int i = 0; i < 3; ++i) {
    requests.push_back(world.irecv(left_of(world), i, received[static_cast<std::size_t>(i)]));
  }
  for (int i = 3; i-- > 0;) requests.push_back(world.isend(right_of(world), i, i * i));
  std::vector<status> facts;
  wait_all(requests.begin(), requests.end(), std::back_inserter(facts));
  ASSERT_EQ(facts.size(), 6u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(facts[static_cast<std::size_t>(i)].tag(), i);
  EXPECT_EQ(received, (std::array{0, 1, 4}));
  EXPECT_THROW(wait_all(requests), request_error) << "all have been waited for";
  requests.clear();
  wait_all(requests);
}

RANKED_TEST(requests, wait_all_of_many) {
  constexpr int many = 500;
  std::vector<value_request<int>> receives;
  std::vector<request> sends;
  for (int i = 0; i < many; ++i) receives.push_back(world.irecv<int>(left_of(world), i));
  for (int i = many; i-- > 0;) sends.push_back(world.isend(right_of(world), i, i));
  wait_all(sends);
  wait_all(receives);
  for (int i = 0; i < many; ++i) EXPECT_EQ(receives[static_cast<std::size_t>(i)].get(), i);
}

RANKED_TEST(requests, wait_all_throws_what_failed_first) {
  std::array<int, 2> received{};
  std::vector<request> requests;
  requests.push_back(world.irecv(left_of(world), 1, received[0]));
  requests.push_back(world.irecv(left_of(world), 2, received[1]));
  world.send(right_of(world), 2, 2.5);
  // The first never ends by itself; the failure of the second is heard of nevertheless.
  EXPECT_THROW(wait_all(requests, within(30s)), type_error);
  EXPECT_TRUE(requests[0].active());
  EXPECT_FALSE(requests[1].active());
  world.barrier();
  world.send(right_of(world), 1, 11);
  requests[0].wait();
  EXPECT_EQ(received[0], 11);
  EXPECT_EQ(world.recv<double>(left_of(world), 2), 2.5) << "the message was kept";
}

RANKED_TEST(requests, wait_all_of_ended_ones_of_which_one_failed) {
  for (const int wrong : {0, 1, 2}) {
    std::array<int, 3> received{};
    std::vector<request> requests;
    for (int i = 0; i < 3; ++i) {
      requests.push_back(world.irecv(left_of(world), i, received[static_cast<std::size_t>(i)]));
    }
    for (int i = 0; i < 3; ++i) {
      if (i == wrong)
        world.send(right_of(world), i, 2.5);
      else
        world.send(right_of(world), i, 7);
    }
    world.barrier();
    world.iprobe();  // takes in what is there
    EXPECT_THROW(wait_all(requests), type_error);
    for (request& r : requests) {
      if (r.active()) r.wait();
    }
    EXPECT_EQ(world.recv<double>(left_of(world), wrong), 2.5);
    world.barrier();
  }
}

RANKED_TEST(requests, wait_any_takes_one_after_the_other) {
  constexpr int many = 5;
  std::vector<value_request<int>> receives;
  for (int i = 0; i < many; ++i) receives.push_back(world.irecv<int>(left_of(world), i));
  for (int i = many; i-- > 0;) {
    world.send(right_of(world), i, i);
    const auto [facts, which] = wait_any(receives);
    EXPECT_EQ(facts.tag(), i) << "the only one sent";
    EXPECT_EQ(which - receives.begin(), i);
    EXPECT_EQ(which->get(), i);
    world.barrier();  // nobody sends the next before all have seen this one
  }
  EXPECT_THROW(wait_any(receives), request_error) << "none is left";
}

RANKED_TEST(requests, wait_some_sorts_the_ended_to_the_end) {
  constexpr int many = 6;
  std::vector<value_request<int>> receives;
  for (int i = 0; i < many; ++i) receives.push_back(world.irecv<int>(left_of(world), i));
  std::vector<status> facts;
  auto left = receives.end();
  for (int i = 0; i < many; i += 2) {
    world.send(right_of(world), i, i);
    world.send(right_of(world), i + 1, i + 1);
    world.barrier();  // by now both are there
    const auto middle = wait_some(receives.begin(), left, std::back_inserter(facts)).second;
    EXPECT_EQ(left - middle, 2);
    for (auto r = middle; r != left; ++r) {
      const int value = r->get();
      EXPECT_TRUE(value == i || value == i + 1) << value;
    }
    left = middle;
    world.barrier();  // nobody sends the next before all have seen these
  }
  EXPECT_EQ(left, receives.begin());
  EXPECT_EQ(facts.size(), static_cast<std::size_t>(many));
}

RANKED_TEST(requests, tests_over_many) {
  std::vector<value_request<int>> receives;
  for (int i = 0; i < 3; ++i) receives.push_back(world.irecv<int>(left_of(world), i));
  EXPECT_FALSE(test_all(receives));
  EXPECT_FALSE(test_any(receives).has_value());
  EXPECT_EQ(test_some(receives.begin(), receives.end()), receives.end());
  world.barrier();
  world.send(right_of(world), 1, 1);
  world.barrier();
  EXPECT_FALSE(test_all(receives));
  const auto one = test_any(receives);
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->first.tag(), 1);
  EXPECT_EQ(one->second->get(), 1);
  EXPECT_FALSE(test_any(receives).has_value());
  receives.erase(one->second);
  world.barrier();
  world.send(right_of(world), 0, 0);
  world.send(right_of(world), 2, 2);
  world.barrier();
  std::vector<status> facts;
  const auto end = test_all(receives.begin(), receives.end(), std::back_inserter(facts));
  EXPECT_TRUE(end.has_value());
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[1].tag(), 2);
}

RANKED_TEST(requests, of_several_communicators) {
  const communicator other = world.dup();
  std::vector<request> requests;
  std::array<int, 2> received{};
  requests.push_back(world.irecv(left_of(world), 1, received[0]));
  requests.push_back(other.irecv(left_of(world), 1, received[1]));
  other.send(right_of(world), 1, 2);
  world.send(right_of(world), 1, 1);
  wait_all(requests);
  EXPECT_EQ(received, (std::array{1, 2}));
}

RANKED_TEST(requests, outlive_their_communicator) {
  int received = 0;
  request receiving;
  {
    const communicator brief = world.dup();
    receiving = brief.irecv(left_of(world), 1, received);
    brief.send(right_of(world), 1, 12);
  }
  receiving.wait();
  EXPECT_EQ(received, 12);
}

}  // namespace cohort::test
