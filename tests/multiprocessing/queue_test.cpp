// Queues: bounds, errors, order, and that whoever is killed in put or get harms nobody.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/queue.hpp>
#include <cohort/multiprocessing/simple_queue.hpp>

#include "multiprocessing/channel/queue_state.hpp"
#include "multiprocessing/channel/turn.hpp"
#include "multiprocessing/local_family.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace cohort::test {

struct unpackable {
  int value = 0;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    if (Archive::is_saving::value && value < 0) throw std::domain_error("a negative value");
    archive& value;
  }
};

namespace {

using namespace std::chrono_literals;
using runtime::settings;
using runtime::wait_policy;
namespace mp = cohort::multiprocessing;

// The queue as the process that this thread acts for has it.
template <class Queue>
Queue copy_here(const Queue& queue) {
  byte_buffer bytes;
  detail::pack(queue, bytes);
  Queue arrived;
  detail::unpack(bytes.bytes(), arrived);
  return arrived;
}
template <class Queue>
Queue copy_for(const std::shared_ptr<mp::participant>& who, const Queue& queue) {
  std::optional<Queue> arrived;
  local_family::act(who, [&] { arrived = copy_here(queue); });
  return *arrived;
}

// What is behind a handle: to stop a process between two steps.
template <class T>
struct opened : queue<T> {
  explicit opened(const queue<T>& q) : queue<T>(q) {}
  mp::ring ring() const { return mp::ring_of(*this->object_); }
  mp::participant& owner() const { return this->object_->owner(); }
};

class queue_test : public testing::Test {
 protected:
  void as_root(const local_family::body& what) { local_family::act(family_.root(), what); }
  template <class T>
  queue<T> make(std::size_t bound = 0) {
    std::optional<queue<T>> made;
    as_root([&] { made.emplace(bound); });
    return *made;
  }

  local_family family_;
};

TEST_F(queue_test, items_come_out_in_order) {
  as_root([] {
    queue<std::string> q;
    for (int i = 0; i < 1000; ++i) q.put(std::to_string(i));
    EXPECT_EQ(q.size(), 1000u);
    for (int i = 0; i < 1000; ++i) ASSERT_EQ(q.get(), std::to_string(i));
    EXPECT_TRUE(q.empty());
  });
}

TEST_F(queue_test, a_list_of_several_types) {
  as_root([] {
    using item = std::variant<std::monostate, int, std::string>;
    queue<std::vector<item>> q;
    const std::vector<item> list = {42, std::monostate(), "hello"};
    q.put(list);
    EXPECT_EQ(q.get(), list);
  });
}

TEST_F(queue_test, bounds_are_exact) {
  as_root([] {
    for (const std::size_t bound : {1u, 2u, 3u, 100u}) {
      queue<int> q(bound);
      EXPECT_EQ(q.bound(), bound);
      for (std::size_t i = 0; i < bound; ++i) {
        EXPECT_FALSE(q.full());
        EXPECT_TRUE(q.try_put(1));
      }
      EXPECT_TRUE(q.full());
      EXPECT_FALSE(q.try_put(1));
      EXPECT_THROW(q.put(1, within(0ms)), timeout_error);
      EXPECT_THROW(q.put(1, within(1ms)), timeout_error);
      EXPECT_EQ(q.get(), 1);
      EXPECT_TRUE(q.try_put(1));
      EXPECT_FALSE(q.try_put(1));
      for (std::size_t i = 0; i < bound; ++i) EXPECT_TRUE(q.try_get());
      EXPECT_FALSE(q.try_get());
      EXPECT_THROW(q.get(within(0ms)), timeout_error);
      EXPECT_THROW(q.get(within(1ms)), timeout_error);
    }
  });
}

TEST_F(queue_test, a_bound_that_can_not_be_counted_is_an_error) {
  as_root([] { EXPECT_THROW(queue<int>(std::size_t{1} << 40), argument_error); });
}

TEST_F(queue_test, an_item_that_can_not_be_packed_is_reported_and_takes_no_place) {
  as_root([] {
    queue<unpackable> q(1);
    EXPECT_THROW(q.put({-1}), std::domain_error);
    EXPECT_TRUE(q.empty());
    q.put({5});
    EXPECT_EQ(q.get().value, 5);
  });
}

TEST_F(queue_test, an_item_of_another_type_stays) {
  as_root([] {
    queue<int> ints;
    byte_buffer bytes;
    detail::pack(ints, bytes);
    queue<double> doubles;
    detail::unpack(bytes.bytes(), doubles);
    ints.put(3);
    EXPECT_THROW(doubles.get(), type_error);
    EXPECT_EQ(ints.get(), 3);
  });
}

TEST_F(queue_test, after_close_put_and_get_are_errors_here_and_work_elsewhere) {
  as_root([] {
    queue<int> q;
    queue<int> copy = q;
    q.put(1);
    q.close();
    EXPECT_THROW(q.put(2), closed_error);
    EXPECT_THROW(q.try_put(2), closed_error);
    EXPECT_THROW(q.get(), closed_error);
    EXPECT_THROW(q.try_get(), closed_error);
    EXPECT_EQ(copy.get(), 1);
  });
}

TEST_F(queue_test, after_shut_down_the_rest_is_got) {
  as_root([] {
    queue<int> q;
    for (int i = 0; i < 5; ++i) q.put(i);
    q.shut_down();
    EXPECT_THROW(q.put(5), closed_error);
    EXPECT_THROW(q.try_put(5), closed_error);
    int expected = 0;
    for (const int n : q) EXPECT_EQ(n, expected++);
    EXPECT_EQ(expected, 5);
    EXPECT_THROW(q.get(), closed_error);
    EXPECT_FALSE(q.try_get());
  });
}

TEST_F(queue_test, shut_down_ends_the_wait_of_those_who_sleep) {
  settings chosen;
  chosen.wait = wait_policy::sleep;
  local_family family(chosen);
  std::optional<queue<int>> q;
  std::optional<queue<int>> full;
  local_family::act(family.root(), [&] {
    q.emplace();
    full.emplace(1);
    full->put(1);
  });
  std::thread stops([&] {
    local_family::act(family.root(), [&] {
      q->shut_down();
      full->shut_down();
    });
  });
  family.run({[&] {
                auto mine = copy_here(*q);
                EXPECT_THROW(mine.get(), closed_error);
              },
              [&] {
                auto mine = copy_here(*full);
                EXPECT_THROW(mine.put(2), closed_error);
              }});
  stops.join();
}

TEST_F(queue_test, queues_travel_through_queues) {
  as_root([] {
    queue<queue<int>> q;
    {
      queue<int> inner;
      inner.put(11);
      q.put(inner);
    }
    EXPECT_EQ(q.get().get(), 11);
  });
}

TEST_F(queue_test, items_outlive_the_process_that_put_them) {
  const queue<int> q = make<int>();
  const auto other = family_.join();
  {
    queue<int> theirs = copy_for(other, q);
    local_family::act(other, [&] { theirs.put(8); });
  }
  family_.kill(*other);
  as_root([&] {
    queue<int> mine = q;
    EXPECT_EQ(mine.get(), 8);
  });
}

TEST_F(queue_test, a_simple_queue) {
  as_root([] {
    simple_queue<std::string> q;
    EXPECT_TRUE(q.empty());
    q.put("one");
    EXPECT_FALSE(q.empty());
    EXPECT_EQ(q.get(), "one");
    q.close();
    EXPECT_THROW(q.put("two"), closed_error);
  });
}

TEST_F(queue_test, garbage_is_no_queue) {
  as_root([] {
    byte_buffer bytes;
    const std::uint32_t garbage[] = {60'000, 3};
    bytes.append(garbage, sizeof garbage);
    queue<int> q;
    EXPECT_THROW(detail::unpack(bytes.bytes(), q), archive_error);
    simple_queue<int> other;
    byte_buffer handle;
    detail::pack(other, handle);
    EXPECT_THROW(detail::unpack(handle.bytes(), q), archive_error);
  });
}

// A process that stops at each step of put and of get, with the lock.
enum class stop { before_room, with_room, published, before_front, at_front, popped };
class queue_death_test : public queue_test,
                         public testing::WithParamInterface<std::tuple<stop, bool>> {};

TEST_P(queue_death_test, others_go_on) {
  const auto [where, long_items] = GetParam();
  const std::size_t length = long_items ? 200'000 : 10;
  queue<std::string> q = make<std::string>(4);
  const auto text = [&](int n) { return std::string(length, static_cast<char>('a' + n)); };
  as_root([&] {
    q.put(text(0));
    q.put(text(1));
  });
  const auto doomed = family_.join();
  const opened<std::string> theirs(copy_for(doomed, q));
  mp::ring r = theirs.ring();
  const runtime::wait_reason why{"test", runtime::no_peer, 0, 0, call_site::unknown()};
  const bool puts = where < stop::before_front;
  ASSERT_EQ(mp::acquire(*doomed, puts ? r.put_lock() : r.get_lock(), why), mp::acquired::fresh);
  std::vector<int> expected = {0, 1};
  if (where == stop::with_room || where == stop::published) {
    const mp::record_room room = r.begin(detail::element_type_of<char>.id, length);
    ASSERT_TRUE(room);
    if (where == stop::published) {
      std::memset(room.data, 'c', length);
      r.publish(room);
      expected.push_back(2);
    }
  }
  if (where == stop::at_front || where == stop::popped) {
    mp::record next;
    ASSERT_TRUE(r.front(next));
    if (where == stop::popped) {
      r.pop(next);
      expected.erase(expected.begin());
    }
  }
  family_.kill(*doomed);

  as_root([&] {
    EXPECT_EQ(q.size(), expected.size());
    while (q.try_put(text(5))) expected.push_back(5);
    EXPECT_EQ(expected.size(), 4u);
    for (const int n : expected) EXPECT_EQ(q.get(), text(n));
    EXPECT_TRUE(q.empty());
  });
}

INSTANTIATE_TEST_SUITE_P(every_step, queue_death_test,
                         testing::Combine(testing::Values(stop::before_room, stop::with_room,
                                                          stop::published, stop::before_front,
                                                          stop::at_front, stop::popped),
                                          testing::Bool()));

// A process that published an item and died before it woke anybody.
TEST_F(queue_test, a_wake_up_that_was_lost_with_its_process_is_made_up_for) {
  settings chosen;
  chosen.wait = wait_policy::sleep;
  local_family family(chosen);
  std::optional<queue<int>> q;
  local_family::act(family.root(), [&] { q.emplace(); });
  const auto doomed = family.join();
  const opened<int> theirs(copy_for(doomed, *q));
  std::thread gets([&] {
    local_family::act(family.join(), [&] {
      auto mine = copy_here(*q);
      EXPECT_EQ(mine.get(), 4);
    });
  });
  // Once it sleeps.
  while (theirs.ring().not_empty().sleepers.load() == 0) std::this_thread::yield();
  mp::ring r = theirs.ring();
  const mp::record_room room = r.begin(detail::element_type_of<int>.id, sizeof(int));
  const int item = 4;
  std::memcpy(room.data, &item, sizeof item);
  r.publish(room);
  family.kill(*doomed);
  gets.join();
}

struct crowd {
  const char* name;
  int putters;
  int getters;
  std::size_t bound;
  std::size_t length;
  wait_policy how;
};
class queue_stress_test : public testing::TestWithParam<crowd> {};

TEST_P(queue_stress_test, each_item_arrives_once_and_in_its_putters_order) {
  const crowd& c = GetParam();
  settings chosen;
  chosen.wait = c.how;
  local_family family(chosen);
  constexpr int each = 3000;
  std::optional<queue<std::vector<int>>> q;
  local_family::act(family.root(), [&] { q.emplace(c.bound); });
  std::vector<std::atomic<int>> seen(static_cast<std::size_t>(c.putters * each));
  std::atomic<int> putting = c.putters;
  std::vector<local_family::body> bodies;
  for (int p = 0; p < c.putters; ++p) {
    bodies.push_back([&, p] {
      auto mine = copy_here(*q);
      for (int i = 0; i < each; ++i) {
        mine.put(std::vector<int>(1 + static_cast<std::size_t>(i) * 7919 % c.length, p * each + i));
      }
      if (--putting == 0) mine.shut_down();
    });
  }
  for (int g = 0; g < c.getters; ++g) {
    bodies.push_back([&] {
      auto mine = copy_here(*q);
      std::vector<int> last(static_cast<std::size_t>(c.putters), -1);
      for (const std::vector<int>& item : mine) {
        const int n = item.at(0);
        ASSERT_TRUE(std::all_of(item.begin(), item.end(), [n](int x) { return x == n; }));
        int& before = last[static_cast<std::size_t>(n / each)];
        ASSERT_LT(before, n % each);
        before = n % each;
        ++seen[static_cast<std::size_t>(n)];
        ASSERT_TRUE(c.bound == 0 || mine.size() <= c.bound);
      }
    });
  }
  family.run(bodies);
  for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i].load(), 1) << i;
}

INSTANTIATE_TEST_SUITE_P(
    all, queue_stress_test,
    testing::Values(crowd{"one_to_one", 1, 1, 0, 4, wait_policy::automatic},
                    crowd{"one_to_one_bound_1", 1, 1, 1, 4, wait_policy::automatic},
                    crowd{"four_to_one", 4, 1, 0, 300, wait_policy::automatic},
                    crowd{"four_to_four_bound_3", 4, 4, 3, 50, wait_policy::automatic},
                    crowd{"four_to_four_asleep", 4, 4, 3, 50, wait_policy::sleep},
                    crowd{"two_to_two_long", 2, 2, 10, 50'000, wait_policy::automatic},
                    crowd{"one_to_four_asleep", 1, 4, 0, 10, wait_policy::sleep}),
    [](const auto& info) { return std::string(info.param.name); });

// Threads of one process share its place in the family: they wait for each other all the same.
TEST_F(queue_test, threads_of_one_process) {
  queue<int> q = make<int>(2);
  constexpr int each = 5000;
  std::atomic<long> sum = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, mine = q]() mutable {
      for (int i = 1; i <= each; ++i) mine.put(i);
    });
    threads.emplace_back([&, mine = q]() mutable {
      for (int i = 1; i <= each; ++i) sum += mine.get();
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(sum.load(), 2L * each * (each + 1) / 2);
}

}  // namespace
}  // namespace cohort::test
