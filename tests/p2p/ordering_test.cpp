// Messages do not overtake: from one rank on one communicator, receives that match get them in the
// order in which they were sent, whatever their sizes and whichever way they travel.
#include "support/ranked.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {

namespace {

constexpr int messages = 300;
constexpr int tags = 4;
constexpr std::uint32_t seeds[] = {1, 20, 300, 4000, 50000};

struct plan {
  int tag;
  std::size_t length;  // of ints; the first is the number of the message
};

// The same on every rank.
std::vector<plan> make_plan(std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<plan> result;
  for (int i = 0; i < messages; ++i) {
    constexpr std::size_t longest[] = {2, 12, 500, 16'000, 40'000};
    const std::size_t most = longest[random() % (i % 16 == 0 ? 5 : 4)];
    result.push_back({static_cast<int>(random() % tags), 1 + random() % most});
  }
  return result;
}

std::vector<request> send_all(const communicator& world, const std::vector<plan>& planned) {
  std::vector<request> requests;
  for (std::size_t i = 0; i < planned.size(); ++i) {
    std::vector<int> bytes(planned[i].length, static_cast<int>(i));
    requests.push_back(world.isend(right_of(world), planned[i].tag, std::move(bytes)));
  }
  return requests;
}

void check(const std::vector<int>& received, std::size_t number, const std::vector<plan>& planned) {
  ASSERT_EQ(received.size(), planned[number].length) << "message " << number;
  ASSERT_EQ(received, std::vector<int>(received.size(), static_cast<int>(number)));
}

}  // namespace

RANKED_TEST(ordering, any_tag_gets_them_as_they_were_sent) {
  for (const auto seed : seeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto planned = make_plan(seed);
    auto requests = send_all(world, planned);
    for (std::size_t i = 0; i < planned.size(); ++i) {
      status facts;
      const auto received = world.recv<std::vector<int>>(left_of(world), any_tag, facts);
      ASSERT_EQ(facts.tag(), planned[i].tag);
      check(received, i, planned);
    }
    wait_all(requests);
  }
}

// Receives by tag and by any_tag in random turns. An oracle keeps the queue of what was sent.
RANKED_TEST(ordering, random_receives_follow_the_oracle) {
  for (const auto seed : seeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto planned = make_plan(seed);
    auto requests = send_all(world, planned);
    std::mt19937 random(seed + 1);
    std::deque<std::size_t> waiting;
    for (std::size_t i = 0; i < planned.size(); ++i) waiting.push_back(i);
    while (!waiting.empty()) {
      auto next = waiting.begin() + static_cast<std::ptrdiff_t>(random() % waiting.size());
      int wanted = any_tag;
      if (random() % 3 == 0) {
        next = waiting.begin();
      } else {
        wanted = planned[*next].tag;
        next = std::find_if(waiting.begin(), waiting.end(),
                            [&](std::size_t i) { return planned[i].tag == wanted; });
      }
      const int source = random() % 2 == 0 ? left_of(world) : any_source;
      const auto received = world.recv<std::vector<int>>(source, wanted);
      check(received, *next, planned);
      waiting.erase(next);
    }
    wait_all(requests);
  }
}

// Posted receives are matched in the order of posting, even where they are waited for in another.
RANKED_TEST(ordering, posted_receives_are_matched_in_turn) {
  for (const auto seed : seeds) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto planned = make_plan(seed);
    std::vector<value_request<std::vector<int>>> receives;
    for (const plan& p : planned) {
      receives.push_back(world.irecv<std::vector<int>>(left_of(world), p.tag));
    }
    auto requests = send_all(world, planned);
    std::mt19937 random(seed + 2);
    std::vector<std::size_t> order(planned.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::shuffle(order.begin(), order.end(), random);
    for (const std::size_t i : order) check(receives[i].get(), i, planned);
    wait_all(requests);
  }
}

RANKED_TEST(ordering, two_communicators_are_independent) {
  const communicator other = world.dup();
  request first = world.isend(right_of(world), 1, std::vector<int>(50'000, 1));
  request second = other.isend(right_of(world), 1, 2);
  EXPECT_EQ(other.recv<int>(left_of(world), 1), 2);
  EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), 1), std::vector<int>(50'000, 1));
  first.wait();
  second.wait();
}

}  // namespace cohort::test
