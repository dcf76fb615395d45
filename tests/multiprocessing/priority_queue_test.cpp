// Priority queues: order, bounds, and that the death of who changes one leaves it whole.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/priority_queue.hpp>

#include "multiprocessing/channel/priority_heap.hpp"
#include "multiprocessing/local_family.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;
namespace mp = cohort::multiprocessing;

template <class Queue>
Queue copy_here(const Queue& queue) {
  byte_buffer bytes;
  detail::pack(queue, bytes);
  Queue arrived;
  detail::unpack(bytes.bytes(), arrived);
  return arrived;
}

class priority_queue_test : public testing::Test {
 protected:
  void as_root(const local_family::body& what) { local_family::act(family_.root(), what); }
  local_family family_;
};

TEST_F(priority_queue_test, the_greatest_comes_first) {
  as_root([] {
    priority_queue<int> q;
    std::vector<int> numbers(1000);
    for (int i = 0; i < 1000; ++i) numbers[static_cast<std::size_t>(i)] = i;
    std::shuffle(numbers.begin(), numbers.end(), std::mt19937(7));
    for (const int n : numbers) q.put(n);
    EXPECT_EQ(q.size(), 1000u);
    for (int i = 999; i >= 0; --i) ASSERT_EQ(q.get(), i);
    EXPECT_TRUE(q.empty());
  });
}

TEST_F(priority_queue_test, equal_items_come_in_the_order_of_their_puts) {
  using job = std::pair<int, std::string>;
  struct first_less {
    bool operator()(const job& a, const job& b) const { return a.first > b.first; }
  };
  as_root([] {
    priority_queue<job, first_less> q;
    for (int i = 0; i < 300; ++i) q.put({i % 3, std::to_string(i)});
    for (int priority = 0; priority < 3; ++priority) {
      for (int i = priority; i < 300; i += 3) ASSERT_EQ(q.get().second, std::to_string(i));
    }
  });
}

TEST_F(priority_queue_test, long_items) {
  as_root([] {
    priority_queue<std::string, std::greater<>> q;
    for (const char c : std::string("qwertyuiop")) q.put(std::string(100'000, c));
    for (const char c : std::string("eiopqrtuwy")) ASSERT_EQ(q.get(), std::string(100'000, c));
  });
}

TEST_F(priority_queue_test, bounds_are_exact) {
  as_root([] {
    priority_queue<int> q(3);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(q.try_put(i));
    EXPECT_TRUE(q.full());
    EXPECT_FALSE(q.try_put(3));
    EXPECT_THROW(q.put(3, within(1ms)), timeout_error);
    EXPECT_EQ(q.get(), 2);
    EXPECT_TRUE(q.try_put(7));
    EXPECT_EQ(q.get(), 7);
    EXPECT_EQ(q.get(), 1);
    EXPECT_EQ(q.get(), 0);
    EXPECT_FALSE(q.try_get());
    EXPECT_THROW(q.get(within(1ms)), timeout_error);
  });
}

TEST_F(priority_queue_test, shut_down_and_close) {
  as_root([] {
    priority_queue<int> q;
    q.put(1);
    q.put(2);
    q.shut_down();
    EXPECT_THROW(q.put(3), closed_error);
    std::vector<int> got;
    for (const int n : q) got.push_back(n);
    EXPECT_EQ(got, (std::vector{2, 1}));
    EXPECT_THROW(q.get(), closed_error);
    q.close();
    EXPECT_THROW(q.try_get(), closed_error);
  });
}

// Comparisons that throw are their caller's; the queue is as it was.
TEST_F(priority_queue_test, a_comparison_that_throws_changes_nothing) {
  struct picky {
    bool operator()(int a, int b) const {
      if (a == 13 || b == 13) throw std::domain_error("13");
      return a < b;
    }
  };
  as_root([] {
    priority_queue<int, picky> q;
    for (int i = 0; i < 10; ++i) q.put(i);
    EXPECT_THROW(q.put(13), std::domain_error);
    EXPECT_EQ(q.size(), 10u);
    for (int i = 9; i >= 0; --i) ASSERT_EQ(q.get(), i);
  });
}

TEST_F(priority_queue_test, an_item_of_another_type_is_refused) {
  as_root([] {
    priority_queue<int> ints;
    byte_buffer bytes;
    detail::pack(ints, bytes);
    priority_queue<double> doubles;
    detail::unpack(bytes.bytes(), doubles);
    EXPECT_THROW(doubles.put(1.5), type_error);
    EXPECT_TRUE(ints.empty());
  });
}

// What a process that died with the lock may have left: each store of a change, and the heap in any
// order.
struct opened : priority_queue<int> {
  explicit opened(const priority_queue<int>& q) : priority_queue<int>(q) {}
  mp::priority_state& state() const { return object_->payload_as<mp::priority_state>(); }
  std::uint32_t* heap() const {
    const std::uint64_t word = state().table.load();
    return reinterpret_cast<std::uint32_t*>(
        mp::object_payload(object_->owner(), {static_cast<std::uint32_t>(word),
                                              static_cast<std::uint32_t>(word >> 32)}) +
        sizeof(mp::priority_table));
  }
  mp::attachment& object() const { return *object_; }
};

TEST_F(priority_queue_test, the_order_is_built_anew_after_a_death) {
  std::optional<priority_queue<int>> q;
  as_root([&] {
    q.emplace();
    for (int i = 0; i < 50; ++i) q->put(i);
  });
  const auto doomed = family_.join();
  std::optional<opened> theirs;
  local_family::act(doomed, [&] { theirs.emplace(copy_here(*q)); });
  ASSERT_EQ(mp::acquire(*doomed, theirs->state().turns.guard,
                        {"test", runtime::no_peer, 0, 0, call_site::unknown()}),
            mp::acquired::fresh);
  // Half way through a put: the count, the heap, and an item that is not live yet.
  std::reverse(theirs->heap(), theirs->heap() + 50);
  theirs->state().count.store(51);
  family_.kill(*doomed);
  as_root([&] {
    EXPECT_EQ(q->size(), 50u);
    for (int i = 49; i >= 0; --i) ASSERT_EQ(q->get(), i);
    EXPECT_FALSE(q->try_get());
  });
}

TEST_F(priority_queue_test, parts_that_the_dead_left_over_are_given_back) {
  std::optional<priority_queue<std::string>> q;
  mp::object_name name;
  struct named : priority_queue<std::string> {
    explicit named(const priority_queue<std::string>& x) : priority_queue<std::string>(x) {}
    mp::object_name name() const { return object_->name(); }
  };
  constexpr std::uint32_t item_kind = detail::signature_id("priority item");
  as_root([&] {
    q.emplace();
    name = named(*q).name();
    q->put(std::string(10'000, 'a'));
  });
  const auto doomed = family_.join();
  mp::create_object(*doomed, item_kind, 5000, name);
  family_.kill(*doomed);
  as_root([&] {
    EXPECT_EQ(mp::parts_of(*family_.root(), name, item_kind).size(), 2u);
    q->put("b");
    EXPECT_EQ(mp::parts_of(*family_.root(), name, item_kind).size(), 1u);
    EXPECT_EQ(q->get(), "b");
    EXPECT_EQ(q->get(), std::string(10'000, 'a'));
    EXPECT_TRUE(mp::parts_of(*family_.root(), name, item_kind).empty());
  });
}

TEST_F(priority_queue_test, many_put_and_many_get) {
  for (const runtime::wait_policy how :
       {runtime::wait_policy::automatic, runtime::wait_policy::sleep}) {
    runtime::settings chosen;
    chosen.wait = how;
    local_family family(chosen);
    std::optional<priority_queue<int>> q;
    local_family::act(family.root(), [&] { q.emplace(100); });
    constexpr int each = 1000;
    std::vector<std::atomic<int>> seen(3 * each);
    std::atomic<int> putting = 3;
    std::vector<local_family::body> bodies;
    for (int p = 0; p < 3; ++p) {
      bodies.push_back([&, p] {
        auto mine = copy_here(*q);
        for (int i = 0; i < each; ++i) mine.put(p * each + i);
        if (--putting == 0) mine.shut_down();
      });
    }
    for (int g = 0; g < 2; ++g) {
      bodies.push_back([&] {
        auto mine = copy_here(*q);
        for (const int n : mine) ++seen[static_cast<std::size_t>(n)];
      });
    }
    family.run(bodies);
    for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i].load(), 1) << i;
  }
}

}  // namespace
}  // namespace cohort::test
