// Synchronous sends end only when the message has been received; standard sends of short messages
// do not wait.
#include "support/ranked.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace cohort::test {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t lengths[] = {0, 1, 48, 49, 5000, 100'000};  // of chars

}  // namespace

RANKED_TEST(synchronous, does_not_end_before_the_receive) {
  for (const std::size_t length : lengths) {
    request sending = world.issend(right_of(world), 1, std::string(length, 'x'));
    world.barrier();
    EXPECT_EQ(sending.test(), std::nullopt);
    EXPECT_EQ(world.probe(left_of(world), 1).bytes(), length);  // looking is not receiving
    world.barrier();
    EXPECT_EQ(sending.test(), std::nullopt);
    world.barrier();
    EXPECT_EQ(world.recv<std::string>(left_of(world), 1), std::string(length, 'x'));
    sending.wait();
  }
}

RANKED_TEST(synchronous, ends_when_a_posted_receive_gets_it) {
  for (const std::size_t length : lengths) {
    auto receiving = world.irecv<std::string>(left_of(world), 1);
    world.barrier();
    world.ssend(right_of(world), 1, std::string(length, 'y'));
    EXPECT_EQ(receiving.get(), std::string(length, 'y'));
  }
}

RANKED_TEST(synchronous, in_all_forms) {
  const std::vector<int> numbers{1, 2, 3};
  std::vector<value_request<std::vector<int>>> receives;
  for (int i = 0; i < 4; ++i) receives.push_back(world.irecv<std::vector<int>>(left_of(world), 1));
  world.ssend(right_of(world), 1, numbers);
  world.ssend(right_of(world), 1, std::span(numbers));
  world.ssend(right_of(world), 1, numbers.data(), 3);
  world.issend(right_of(world), 1, std::span(numbers)).wait();
  for (auto& r : receives) EXPECT_EQ(r.get(), numbers);

  auto text = world.irecv<std::string>(left_of(world), 1);
  auto empty = world.irecv(left_of(world), 2);
  world.ssend(right_of(world), 1, "text");
  world.ssend(right_of(world), 2);
  EXPECT_EQ(text.get(), "text");
  EXPECT_EQ(empty.wait().bytes(), 0u);
}

RANKED_TEST(synchronous, keeps_the_order_with_standard_sends) {
  std::vector<request> sending;
  for (int i = 0; i < 20; ++i) {
    sending.push_back(i % 2 == 0 ? world.isend(right_of(world), 1, i)
                                 : world.issend(right_of(world), 1, i));
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(world.recv<int>(left_of(world), 1), i);
  wait_all(sending);
}

RANKED_TEST(synchronous, a_matched_probe_alone_does_not_end_it) {
  request sending = world.issend(right_of(world), 1, std::string(100'000, 'z'));
  message found = world.mprobe(left_of(world), 1);
  world.barrier();
  EXPECT_EQ(sending.test(), std::nullopt);
  world.barrier();
  EXPECT_EQ(found.recv<std::string>().size(), 100'000u);
  sending.wait();
}

RANKED_TEST(synchronous, gives_up_at_a_deadline) {
  EXPECT_THROW(world.ssend(right_of(world), 1, 1, within(1ms)), timeout_error);
  world.barrier();
  world.send(right_of(world), 2);
  world.recv(left_of(world), 2);
  EXPECT_EQ(world.iprobe(), std::nullopt) << "it was taken back";
}

}  // namespace cohort::test
