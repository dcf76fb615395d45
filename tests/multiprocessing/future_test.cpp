// Futures: how they end, who hears of it and in which thread, waiting for many, and broken
// promises.
#include <cohort/communicator.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/future.hpp>
#include <cohort/nonblocking.hpp>

#include "runtime/time_limit.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <list>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;
using detail::promise;

template <class T>
future<T> future_of(const promise<T>& from) {
  return future<T>(from.state());
}

std::exception_ptr failure(const std::string& text) {
  return std::make_exception_ptr(std::runtime_error(text));
}

class futures : public testing::Test {
  time_limit limit_;
};

TEST_F(futures, give_the_value_once) {
  promise<std::string> to;
  auto from = future_of(to);
  EXPECT_TRUE(from.valid());
  EXPECT_FALSE(from.ready());
  to.set("seven");
  EXPECT_TRUE(from.ready());
  from.wait();
  EXPECT_EQ(from.get(), "seven");
  EXPECT_FALSE(from.valid());
  EXPECT_THROW(from.get(), request_error);
  EXPECT_THROW(from.wait(), request_error);
  EXPECT_THROW(from.cancel(), request_error);
  EXPECT_THROW(from.on_value([](const std::string&) {}), request_error);
  EXPECT_THROW(from.then([](std::string) {}), request_error);
}

TEST_F(futures, hold_nothing_by_default_and_when_moved_from) {
  future<int> nothing;
  EXPECT_FALSE(nothing.valid());
  EXPECT_FALSE(nothing.ready());
  EXPECT_THROW(nothing.get(), request_error);
  promise<int> to;
  auto first = future_of(to);
  auto second = std::move(first);
  EXPECT_FALSE(first.valid());  // NOLINT(bugprone-use-after-move): on purpose
  to.set(5);
  EXPECT_EQ(second.get(), 5);
}

TEST_F(futures, carry_errors_nothing_and_what_can_only_be_moved) {
  promise<void> nothing;
  auto from_nothing = future_of(nothing);
  nothing.set();
  from_nothing.get();

  promise<int> bad;
  auto from_bad = future_of(bad);
  bad.fail(failure("no number"));
  try {
    from_bad.get();
    ADD_FAILURE() << "the error was to be thrown";
  } catch (const std::runtime_error& thrown) {
    EXPECT_STREQ(thrown.what(), "no number");
  }
  EXPECT_FALSE(from_bad.valid());

  promise<std::unique_ptr<int>> unique;
  auto from_unique = future_of(unique);
  unique.set(std::make_unique<int>(8));
  EXPECT_EQ(*from_unique.get(), 8);
}

TEST_F(futures, a_value_whose_move_throws_is_an_error) {
  struct unmovable {
    unmovable() = default;
    unmovable(unmovable&&) { throw std::runtime_error("stuck"); }
  };
  promise<unmovable> to;
  auto from = future_of(to);
  EXPECT_TRUE(to.set(unmovable()));
  EXPECT_THROW(from.get(), std::runtime_error);
}

TEST_F(futures, the_first_end_counts) {
  promise<int> to;
  auto from = future_of(to);
  to.state()->set(1);
  EXPECT_FALSE(to.set(2));
  EXPECT_EQ(from.get(), 1);
}

TEST_F(futures, a_promise_that_is_dropped_is_an_error) {
  future<int> from;
  {
    promise<int> to;
    from = future_of(to);
  }
  EXPECT_TRUE(from.ready());
  EXPECT_THROW(from.get(), closed_error);
  promise<int> overwritten;
  from = future_of(overwritten);
  overwritten = promise<int>();
  EXPECT_THROW(from.get(), closed_error);
}

TEST_F(futures, a_deadline_leaves_everything_as_it_was) {
  promise<int> to;
  auto from = future_of(to);
  EXPECT_THROW(from.wait(within(0ms)), timeout_error);
  EXPECT_THROW(from.get(within(1ms)), timeout_error);
  try {
    from.get(within(-1s));
    ADD_FAILURE() << "a deadline in the past gives one look";
  } catch (const timeout_error& thrown) {
    EXPECT_STREQ(thrown.operation(), "get");
    EXPECT_NE(std::string(thrown.what()).find("future_test.cpp"), std::string::npos)
        << thrown.what();
  }
  to.set(3);
  EXPECT_EQ(from.get(within(-1s)), 3);
}

TEST_F(futures, wake_who_sleeps) {
  for (int round = 0; round < 200; ++round) {
    promise<int> to;
    auto from = future_of(to);
    std::thread bringer([&, round] {
      if (round % 2 == 0) std::this_thread::yield();
      to.set(round);
    });
    EXPECT_EQ(from.get(), round);
    bringer.join();
  }
}

TEST_F(futures, callbacks_run_before_the_value_is_seen_in_the_bringing_thread) {
  promise<int> to;
  auto from = future_of(to);
  std::vector<std::string> order;
  std::thread::id ran_in;
  from.on_value([&](const int& value) {
        order.push_back("first " + std::to_string(value));
        ran_in = std::this_thread::get_id();
        EXPECT_FALSE(from.ready());
      })
      .on_error([&](const std::exception_ptr&) { order.push_back("error"); })
      .on_value([&](int value) { order.push_back("second " + std::to_string(value)); });
  std::thread bringer([&] { to.set(4); });
  const auto bringing = bringer.get_id();
  EXPECT_EQ(from.get(), 4);
  bringer.join();
  EXPECT_EQ(ran_in, bringing);
  EXPECT_EQ(order, (std::vector<std::string>{"first 4", "second 4"}));
}

TEST_F(futures, callbacks_of_what_has_ended_run_at_once) {
  promise<int> to;
  auto from = future_of(to);
  to.set(6);
  int seen = 0;
  from.on_value([&](int value) { seen = value; });
  EXPECT_EQ(seen, 6);
  EXPECT_EQ(from.get(), 6);

  promise<void> bad;
  auto from_bad = future_of(bad).on_value([&] { seen = 7; });
  bad.fail(failure("bad"));
  std::string text;
  from_bad.on_error([&](const std::exception_ptr& e) {
    try {
      std::rethrow_exception(e);
    } catch (const std::exception& thrown) {
      text = thrown.what();
    }
  });
  EXPECT_EQ(text, "bad");
  EXPECT_EQ(seen, 6) << "no value, no callback";
  EXPECT_THROW(from_bad.get(), std::runtime_error);
}

TEST_F(futures, a_callback_that_throws_shows_in_get) {
  for (const bool before : {true, false}) {
    promise<int> to;
    auto from = future_of(to);
    bool second = false;
    bool told = false;
    if (!before) to.state()->set(1);
    from.on_value([](int) { throw std::logic_error("the callback's"); });
    from.on_value([&](int) { second = true; });
    from.on_error([&](const std::exception_ptr&) { told = true; });
    if (before) to.set(1);
    EXPECT_FALSE(second) << "there is no value any more";
    EXPECT_TRUE(told);
    EXPECT_THROW(from.get(), std::logic_error);
  }
}

TEST_F(futures, the_error_of_the_task_outlasts_its_callback_s) {
  promise<int> to;
  auto from = future_of(to);
  from.on_error([](const std::exception_ptr&) { throw std::logic_error("the callback's"); });
  to.fail(failure("the task's"));
  EXPECT_THROW(from.get(), std::runtime_error);
}

TEST_F(futures, continue_with_functions_of_the_value) {
  promise<int> to;
  auto last = future_of(to)
                  .then([](int n) { return std::to_string(n); })
                  .then([](std::string s) { return std::make_unique<std::string>(s + s); })
                  .then([](std::unique_ptr<std::string> s) { return s->size(); });
  EXPECT_FALSE(last.ready());
  to.set(123);
  EXPECT_EQ(last.get(), 6u);
}

TEST_F(futures, continue_from_what_has_ended_in_this_thread) {
  promise<int> to;
  auto from = future_of(to);
  to.set(1);
  std::thread::id ran_in;
  auto next = from.then([&](int) { ran_in = std::this_thread::get_id(); });
  EXPECT_FALSE(from.valid()) << "it was taken over";
  EXPECT_TRUE(next.ready());
  next.get();
  EXPECT_EQ(ran_in, std::this_thread::get_id());
}

TEST_F(futures, errors_pass_continuations_by) {
  promise<void> to;
  bool ran = false;
  auto last = future_of(to).then([&] { ran = true; }).then([&] { ran = true; });
  to.fail(failure("first"));
  EXPECT_THROW(last.get(), std::runtime_error);
  EXPECT_FALSE(ran);

  promise<int> good;
  auto thrown = future_of(good).then([](int) -> int { throw std::logic_error("f"); });
  good.set(1);
  EXPECT_THROW(thrown.get(), std::logic_error);

  future<int> orphan;
  {
    promise<int> dropped;
    orphan = future_of(dropped).then([](int n) { return n; });
  }
  EXPECT_THROW(orphan.get(), closed_error);
}

TEST_F(futures, cancel_asks_the_origin) {
  class refusing final : public detail::future_origin {
   public:
    bool cancel(const void* owner) override {
      asked = owner;
      return false;
    }
    const void* asked = nullptr;
  };
  const auto origin = std::make_shared<refusing>();
  auto state = std::make_shared<detail::future_state<int>>(origin, nullptr);
  promise<int> to(state);
  auto next = future<int>(state).then([](int n) { return n; });
  EXPECT_FALSE(next.cancel()) << "passed on";
  EXPECT_EQ(origin->asked, state.get());
  to.set(1);
  origin->asked = nullptr;
  EXPECT_FALSE(next.cancel()) << "it has ended";
  EXPECT_EQ(origin->asked, nullptr);

  promise<int> without;
  EXPECT_FALSE(future_of(without).cancel()) << "nobody to ask";
}

TEST_F(futures, wait_for_the_first_of_many) {
  constexpr std::size_t many = 20;
  std::vector<promise<std::size_t>> to(many);
  std::vector<future<std::size_t>> from;
  for (auto& p : to) from.push_back(future_of(p));
  EXPECT_THROW(wait_first(from, within(1ms)), timeout_error);
  std::thread bringer([&] {
    for (std::size_t i = many; i-- > 0;) to[i].set(i);
  });
  for (std::size_t left = many; left > 0; --left) {
    const std::size_t which = wait_first(from);
    EXPECT_EQ(from.at(which).get(), which);
  }
  EXPECT_THROW(wait_first(from), request_error) << "all were taken";
  bringer.join();
}

TEST_F(futures, wait_for_the_first_error) {
  std::array<promise<int>, 3> to;
  std::list<future<int>> from;
  for (auto& p : to) from.push_back(future_of(p));
  to[0].set(1);
  EXPECT_THROW(wait_first_error(from, within(1ms)), timeout_error);
  std::thread bringer([&] { to[2].fail(failure("third")); });
  EXPECT_EQ(wait_first_error(from), 2u) << "although the second is under way";
  bringer.join();
  EXPECT_THROW(from.back().get(), std::runtime_error);
  to[1].set(2);
  EXPECT_EQ(wait_first_error(from), std::nullopt);
  EXPECT_EQ(wait_first_error(std::vector<future<int>>()), std::nullopt);
}

TEST_F(futures, wait_for_all) {
  std::array<promise<int>, 3> to;
  std::vector<future<int>> from;
  for (auto& p : to) from.push_back(future_of(p));
  EXPECT_THROW(wait_all(from, within(1ms)), timeout_error);
  std::thread bringer([&] {
    to[2].set(3);
    to[0].fail(failure("first"));
    to[1].set(2);
  });
  wait_all(from);
  for (const auto& f : from) EXPECT_TRUE(f.ready());
  EXPECT_THROW(from[0].get(), std::runtime_error);
  wait_all(from);
  EXPECT_EQ(from[1].get() + from[2].get(), 5);
  bringer.join();
}

// Whatever the order of "set", "wait", "callback" and "continue" in time: nothing is lost.
TEST_F(futures, meet_their_values_in_any_order) {
  std::atomic<int> callbacks = 0;
  std::atomic<int> sum = 0;
  constexpr int rounds = 500;
  for (int round = 0; round < rounds; ++round) {
    promise<int> to;
    auto from = future_of(to);
    std::thread bringer([&] { to.set(1); });
    from.on_value([&](int) { ++callbacks; });
    if (round % 3 == 0) {
      from.then([&](int n) { sum += n; }).get();
    } else if (round % 3 == 1) {
      sum += from.get();
    } else {
      std::vector<future<int>> one;
      one.push_back(std::move(from));
      sum += one[wait_first(one)].get();
    }
    bringer.join();
  }
  EXPECT_EQ(callbacks, rounds);
  EXPECT_EQ(sum, rounds);
}

}  // namespace
}  // namespace cohort::test
