// Every kind of value × every way to send and to receive one × sizes at the borders between the
// ways in which messages travel: in a ring's line, in blocks, by an offer.
#include "p2p/samples.hpp"
#include "support/ranked.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace cohort::test {

namespace {

constexpr std::size_t all_sizes[] = {0, 1, 48, 49, 1000, 64 << 10, (64 << 10) + 1, 1 << 20};
constexpr std::size_t small_sizes[] = {0, 48, 1000, (64 << 10) + 1};
constexpr std::size_t no_size[] = {0};
constexpr int tag = 3;

std::uint32_t seed_of(int rank, std::size_t size) {
  return static_cast<std::uint32_t>(rank * 7919) + static_cast<std::uint32_t>(size);
}

// A send beside each receive, round the ring.
template <class T>
class ring_pass {
 public:
  ring_pass(const communicator& world, std::size_t size)
      : world_(world),
        right_(right_of(world)),
        left_(left_of(world)),
        size_(size),
        mine_(sample<T>(seed_of(world.rank(), size), size)),
        expected_(sample<T>(seed_of(left_, size), size)) {}

  void all_ways() {
    receive_value();
    receive_into_object();
    receive_later_into_object();
    receive_later_as_value();
    receive_from_anybody();
    if (world_.size() > 1) both_block();
    if constexpr (copyable<T>) send_copies();
  }

 private:
  // To be moved from.
  T mine() const {
    if constexpr (copyable<T>)
      return mine_;
    else
      return sample<T>(seed_of(world_.rank(), size_), size_);
  }

  void check(const T& received, const status& facts) const {
    EXPECT_TRUE(same(received, expected_)) << "size " << size_;
    EXPECT_EQ(facts.source(), left_);
    EXPECT_EQ(facts.tag(), tag);
    EXPECT_FALSE(facts.cancelled());
    EXPECT_TRUE(facts.template count<T>().has_value());
  }

  void receive_value() const {
    request sending = world_.isend(right_, tag, mine());
    status facts;
    const T received = world_.recv<T>(left_, tag, facts);
    check(received, facts);
    sending.wait();
  }

  void receive_into_object() const {
    request sending = world_.issend(right_, tag, mine());
    T received = sample<T>(99, 100);  // what was in it goes
    const status facts = world_.recv(left_, tag, received);
    check(received, facts);
    sending.wait();
  }

  void receive_later_into_object() const {
    T received = sample<T>(99, 2000);
    request receiving = world_.irecv(left_, tag, received);
    world_.send(right_, tag, mine_);
    const status facts = receiving.wait();
    check(received, facts);
  }

  void receive_later_as_value() const {
    value_request<T> receiving = world_.irecv<T>(left_, tag);
    world_.ssend(right_, tag, mine_);
    const status facts = receiving.wait();
    check(receiving.get(), facts);
  }

  void receive_from_anybody() const {
    request sending = world_.isend(right_, tag, mine());
    status facts;
    const T received = world_.recv<T>(any_source, any_tag, facts);
    check(received, facts);
    sending.wait();
  }

  // Rank 0 receives first, so somebody always does.
  void both_block() const {
    if (world_.rank() != 0) world_.send(right_, tag, mine_);
    status facts;
    const T received = world_.recv<T>(left_, tag, facts);
    check(received, facts);
    if (world_.rank() == 0) world_.send(right_, tag, mine_);
  }

  // A value that is sent by reference may change at once.
  void send_copies() const {
    T value = mine();
    request sending = world_.isend(right_, tag, value);
    value = sample<T>(1, 100);
    status facts;
    const T received = world_.recv<T>(left_, tag, facts);
    check(received, facts);
    sending.wait();
  }

  const communicator& world_;
  const int right_;
  const int left_;
  const std::size_t size_;
  const T mine_;
  const T expected_;
};

template <class... T>
void pass(const communicator& world, std::span<const std::size_t> sizes) {
  for (const std::size_t size : sizes) (ring_pass<T>(world, size).all_ways(), ...);
}

}  // namespace

RANKED_TEST(send_recv_values, arithmetic) {
  pass<bool, char, signed char, unsigned char, char16_t, wchar_t>(world, no_size);
  pass<short, unsigned short, int, unsigned, long, unsigned long, long long>(world, no_size);
  pass<float, double, long double>(world, no_size);
}

RANKED_TEST(send_recv_values, enumerations_complex_numbers_and_times) {
  pass<color, std::complex<float>, std::complex<double>, std::chrono::milliseconds>(world, no_size);
}

RANKED_TEST(send_recv_values, pairs_tuples_and_arrays_of_bytes) {
  pass<std::pair<int, double>, std::tuple<char, short, double>, std::array<int, 3>>(world, no_size);
  pass<std::array<double, 6>, std::array<unsigned char, 0x10001>>(world, no_size);
}

RANKED_TEST(send_recv_values, opted_in_class) {
  pass<particle, std::vector<particle>>(world, all_sizes);
}

RANKED_TEST(send_recv_values, strings) {
  pass<std::string, std::u32string>(world, all_sizes);
}

RANKED_TEST(send_recv_values, vectors_of_numbers) {
  pass<std::vector<char>, std::vector<int>, std::vector<double>>(world, all_sizes);
  pass<std::vector<std::pair<int, double>>, std::vector<bool>>(world, all_sizes);
}

RANKED_TEST(send_recv_values, sequences) {
  pass<std::vector<std::string>, std::vector<std::vector<int>>>(world, all_sizes);
  pass<std::list<int>, std::deque<std::string>>(world, small_sizes);
}

RANKED_TEST(send_recv_values, associative_containers) {
  pass<std::map<std::string, int>, std::unordered_map<int, std::string>>(world, small_sizes);
  pass<std::set<std::string>, std::multimap<int, double>>(world, small_sizes);
}

RANKED_TEST(send_recv_values, pairs_and_tuples_of_containers) {
  pass<std::pair<std::string, std::vector<int>>, std::tuple<int, std::string>>(world, small_sizes);
  pass<std::array<std::string, 3>>(world, small_sizes);
}

RANKED_TEST(send_recv_values, optional_and_variant) {
  pass<std::optional<int>, std::optional<std::string>>(world, small_sizes);
  pass<std::variant<int, std::string, std::vector<double>>>(world, small_sizes);
}

RANKED_TEST(send_recv_values, serialized_class) {
  pass<account>(world, all_sizes);
  pass<std::vector<account>, std::map<int, account>>(world, small_sizes);
}

RANKED_TEST(send_recv_values, move_only) {
  pass<std::unique_ptr<std::string>, std::vector<std::unique_ptr<std::string>>>(world, small_sizes);
}

RANKED_TEST(send_recv_values, literals_and_archives) {
  request sending = world.isend(right_of(world), tag, "a literal");
  EXPECT_EQ(world.recv<std::string>(left_of(world), tag), "a literal");
  sending.wait();

  packed_oarchive out;
  const int number = 42;
  const std::string text = "forty-two";
  out << number << text;
  sending = world.isend(right_of(world), tag, out);
  packed_iarchive in;
  world.recv(left_of(world), tag, in);
  int received_number = 0;
  std::string received_text;
  in >> received_number >> received_text;
  EXPECT_EQ(received_number, 42);
  EXPECT_EQ(received_text, "forty-two");
  sending.wait();
}

RANKED_TEST(send_recv_values, without_contents) {
  request sending = world.isend(right_of(world), tag);
  const status facts = world.recv(left_of(world), tag);
  EXPECT_EQ(facts.bytes(), 0u);
  EXPECT_EQ(facts.source(), left_of(world));
  sending.wait();

  request receiving = world.irecv(left_of(world), tag);
  world.send(right_of(world), tag);
  EXPECT_EQ(receiving.wait().tag(), tag);

  receiving = world.irecv(left_of(world), max_tag);
  world.ssend(right_of(world), max_tag);
  EXPECT_EQ(receiving.wait().tag(), max_tag);
}

}  // namespace cohort::test
