// Spans of every kind of element × sending and receiving as span, as pointer and count, and as a
// container × sizes; and what a span may meet at the other end.
#include "p2p/samples.hpp"
#include "support/ranked.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {

namespace {

constexpr std::size_t lengths[] = {0, 1, 6, 7, 48, 49, 1000, 16 << 10, (64 << 10) + 1};
constexpr int tag = 5;

template <class T>
std::vector<T> elements(int rank, std::size_t length) {
  std::vector<T> result;
  for (std::size_t i = 0; i < length; ++i) {
    result.push_back(
        sample<T>(static_cast<std::uint32_t>(rank * 1000) + static_cast<std::uint32_t>(i), 16));
  }
  return result;
}

template <class T>
void pass(const communicator& world, std::size_t length) {
  SCOPED_TRACE(testing::Message() << length << " elements");
  const int right = right_of(world);
  const int left = left_of(world);
  const std::vector<T> mine = elements<T>(world.rank(), length);
  const std::vector<T> expected = elements<T>(left, length);
  const std::span<const T> sent(mine);

  // Into a place that is longer, with room to spare that stays as it is.
  std::vector<T> received(length + 3, sample<T>(77, 16));
  request sending = world.isend(right, tag, sent);
  const status facts = world.recv(left, tag, std::span(received));
  EXPECT_EQ(facts.template count<T>(), length);
  if constexpr (!detail::direct<T>) {
    EXPECT_EQ(facts.template count<std::vector<T>>(), 1u) << "elements that travel packed";
  }
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), received.begin()));
  EXPECT_TRUE(std::all_of(received.begin() + static_cast<std::ptrdiff_t>(length), received.end(),
                          [](const T& t) { return t == sample<T>(77, 16); }));
  sending.wait();

  // Pointers and counts.
  received.assign(length, T());
  request receiving = world.irecv(left, tag, received.data(), static_cast<int>(length));
  world.send(right, tag, mine.data(), static_cast<int>(length));
  EXPECT_EQ(receiving.wait().template count<T>(), length);
  EXPECT_TRUE(received == expected);

  received.assign(length, T());
  receiving = world.irecv(left, tag, std::span(received));
  world.ssend(right, tag, sent);
  receiving.wait();
  EXPECT_TRUE(received == expected);

  // To and from a container.
  sending = world.issend(right, tag, sent);
  EXPECT_TRUE(world.recv<std::vector<T>>(left, tag) == expected);
  sending.wait();
  received.assign(length, T());
  sending = world.isend(right, tag, mine);
  world.recv(left, tag, std::span(received));
  EXPECT_TRUE(received == expected);
  sending.wait();
}

template <class... T>
void pass_all(const communicator& world) {
  for (const std::size_t length : lengths) (pass<T>(world, length), ...);
}

}  // namespace

RANKED_TEST(send_recv_spans, numbers) {
  pass_all<char, int, double>(world);
}
RANKED_TEST(send_recv_spans, pairs_and_classes) {
  pass_all<std::pair<int, double>, particle>(world);
}
RANKED_TEST(send_recv_spans, strings) {
  pass_all<std::string>(world);
}

RANKED_TEST(send_recv_spans, counts_elements_that_came) {
  const std::array<int, 3> three{1, 2, 3};
  request sending = world.isend(right_of(world), tag, std::span(three));
  std::array<int, 10> room{};
  const status facts = world.recv(left_of(world), tag, std::span(room));
  EXPECT_EQ(facts.count<int>(), 3u);
  EXPECT_EQ(facts.bytes(), 3 * sizeof(int));
  EXPECT_EQ(facts.count<double>(), std::nullopt) << "another type";
  EXPECT_EQ((facts.count<std::array<int, 3>>()), 1u);
  EXPECT_EQ((facts.count<std::array<int, 2>>()), std::nullopt) << "no whole number of them";
  EXPECT_EQ(facts.count<std::byte>(), 3 * sizeof(int));
  sending.wait();
}

RANKED_TEST(send_recv_spans, arrays_are_their_elements) {
  const std::array<std::array<int, 2>, 3> grid{{{1, 2}, {3, 4}, {5, 6}}};
  request sending = world.isend(right_of(world), tag, grid);
  std::array<int, 6> flat{};
  EXPECT_EQ(world.recv(left_of(world), tag, std::span(flat)).count<int>(), 6u);
  EXPECT_EQ(flat, (std::array<int, 6>{1, 2, 3, 4, 5, 6}));
  sending.wait();

  sending = world.isend(right_of(world), tag, std::span<const int, 6>(flat));
  std::array<std::array<int, 2>, 3> back{};
  world.recv(left_of(world), tag, back);
  EXPECT_EQ(back, grid);
  sending.wait();
}

RANKED_TEST(send_recv_spans, a_string_is_its_characters) {
  const std::string text = "characters";
  request sending = world.isend(right_of(world), tag, text);
  std::array<char, 20> room{};
  const status facts = world.recv(left_of(world), tag, std::span(room));
  EXPECT_EQ(std::string(room.data(), facts.count<char>().value()), text);
  sending.wait();
}

RANKED_TEST(send_recv_spans, raw_bytes_match_anything) {
  const std::vector<double> numbers{1.5, -2.5, 3.25};
  std::vector<std::byte> raw(numbers.size() * sizeof(double));
  request sending = world.isend(right_of(world), tag, numbers);
  world.recv(left_of(world), tag, std::span(raw));
  sending.wait();
  sending = world.isend(right_of(world), tag, std::span<const std::byte>(raw));
  EXPECT_EQ(world.recv<std::vector<double>>(left_of(world), tag), numbers);
  sending.wait();
}

RANKED_TEST(send_recv_spans, borrowed_memory_is_sent_from_where_it_stands) {
  std::vector<int> large(1 << 20, world.rank());
  request sending = world.issend(right_of(world), tag, std::span<const int>(large));
  std::vector<int> received(large.size());
  world.recv(left_of(world), tag, std::span(received));
  sending.wait();
  large.assign(large.size(), -1);  // ours again
  world.barrier();
  EXPECT_TRUE(
      std::all_of(received.begin(), received.end(), [&](int i) { return i == left_of(world); }));
}

}  // namespace cohort::test
