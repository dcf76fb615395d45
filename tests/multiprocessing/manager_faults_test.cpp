// Managers when somebody ends, is late or lets go: leases, deadlines, and deaths of the server, of
// callers and of the owner.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/manager.hpp>
#include <cohort/multiprocessing/queue.hpp>
#include <cohort/multiprocessing/remote_error.hpp>

#include "multiprocessing/mailbox.hpp"
#include "multiprocessing/process_fixture.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using std::chrono::milliseconds;

class manager_faults : public process_test {};

testing::AssertionResult contains(const std::string& text, const std::string& part) {
  if (text.find(part) != text.npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << '"' << part << "\" is not in: " << text;
}

// What a call that fails with the server is told.
template <class F>
std::string failure_of(F&& f) {
  try {
    f();
  } catch (const process_failed& e) {
    return e.what();
  }
  ADD_FAILURE() << "no exception";
  return "";
}

// How many of these the server has.
struct tracked {
  tracked() { ++alive; }
  ~tracked() { --alive; }
  tracked(const tracked&) = delete;
  tracked& operator=(const tracked&) = delete;
  int self() { return 1; }

  static inline int alive = 0;
};
class census {
 public:
  explicit census(const manager& of) : counter_(of.make_value<int>()) {}
  int now() const {
    return counter_.call<[](int&) { return tracked::alive; }>();
  }
  // The server looks after leases between two calls.
  void wait_for(int number) const {
    while (now() != number) std::this_thread::yield();
  }

 private:
  managed_value<int> counter_;
};

// An object that keeps the server busy.
class obstacle {
 public:
  // Tells the one mailbox that it waits for the other.
  void stand(const std::string& told, const std::string& until) {
    tell(told, "standing");
    hear(until);
  }
  int count() { return ++count_; }
  void die() { ::raise(SIGKILL); }
  void leave() { std::exit(3); }

 private:
  int count_ = 0;
};
struct way {
  mailbox standing;
  mailbox go_on;
};

TEST_F(manager_faults, an_object_lives_as_long_as_its_proxies) {
  const manager m;
  const census tracked_ones(m);
  auto first = m.make<tracked>();
  std::optional copy(first);
  EXPECT_EQ(tracked_ones.now(), 1);
  first = proxy<tracked>();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(tracked_ones.now(), 1);
  EXPECT_EQ(copy->call<&tracked::self>(), 1);
  copy.reset();
  tracked_ones.wait_for(0);
}

TEST_F(manager_faults, an_object_lives_while_a_proxy_is_under_way) {
  const manager m;
  const census tracked_ones(m);
  queue<proxy<tracked>> proxies;
  proxies.put(m.make<tracked>());
  for (int i = 0; i < 100; ++i) EXPECT_EQ(tracked_ones.now(), 1);
  EXPECT_EQ(proxies.get().call<&tracked::self>(), 1);
  tracked_ones.wait_for(0);
}

TEST_F(manager_faults, the_dead_have_no_lease) {
  const manager m;
  const census tracked_ones(m);
  const mailbox box;
  std::optional object(m.make<tracked>());
  process holder(
      [](proxy<tracked> it, const std::string& to) {
        tell(to, std::to_string(it.call<&tracked::self>()));
        for (;;) ::pause();
      },
      *object, box.path());
  holder.start();
  EXPECT_EQ(box.number(), 1);
  object.reset();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(tracked_ones.now(), 1);
  holder.kill();
  holder.join();
  tracked_ones.wait_for(0);
}

TEST_F(manager_faults, a_call_gives_up_at_its_deadline) {
  const manager m;
  const auto o = m.make<obstacle>();
  const way blocked;
  EXPECT_THROW(o.call<&obstacle::stand>(blocked.standing.path(), blocked.go_on.path(),
                                        within(milliseconds(20))),
               timeout_error);
  constexpr int calls = 40;
  for (int i = 0; i < calls; ++i) {
    EXPECT_THROW(o.call<&obstacle::count>(within(milliseconds(1))), timeout_error);
  }
  EXPECT_EQ(blocked.standing.line(), "standing");
  tell(blocked.go_on.path(), "go");
  // Some of those that were late were carried out nevertheless; answers don't get mixed up.
  const int counted = o.call<&obstacle::count>();
  EXPECT_GT(counted, 1);
  EXPECT_LE(counted, calls + 1);
  for (int i = 1; i < 100; ++i) EXPECT_EQ(o.call<&obstacle::count>(), counted + i);
}

TEST_F(manager_faults, threads_wait_for_their_turn_until_their_deadlines) {
  const manager m;
  const auto o = m.make<obstacle>();
  const way blocked;
  std::thread first(
      [&] { o.call<&obstacle::stand>(blocked.standing.path(), blocked.go_on.path()); });
  EXPECT_EQ(blocked.standing.line(), "standing");
  EXPECT_THROW(o.call<&obstacle::count>(within(milliseconds(1))), timeout_error);
  tell(blocked.go_on.path(), "go");
  first.join();
  EXPECT_EQ(o.call<&obstacle::count>(), 1) << "the late call was never sent";
}

TEST_F(manager_faults, the_death_of_the_server_fails_all_callers) {
  const manager m;
  const auto o = m.make<obstacle>();
  const way blocked;
  std::vector<process> callers;
  callers.emplace_back(
      [](proxy<obstacle> it, const std::string& told, const std::string& until) {
        const auto text = failure_of([&] { it.call<&obstacle::stand>(told, until); });
        std::exit(contains(text, "signal 9") ? 3 : 4);
      },
      o, blocked.standing.path(), blocked.go_on.path());
  callers.back().start();
  EXPECT_EQ(blocked.standing.line(), "standing");
  // These wait in the queue behind it, or come too late.
  for (int i = 0; i < 5; ++i) {
    callers.emplace_back(
        [](proxy<obstacle> it) {
          failure_of([&] { it.call<&obstacle::count>(); });
          std::exit(testing::Test::HasFailure() ? 4 : 3);
        },
        o);
    callers.back().start();
  }
  ::kill(m.pid(), SIGKILL);
  for (process& each : callers) {
    each.join();
    EXPECT_EQ(each.exit_code(), 3);
  }
  EXPECT_TRUE(contains(failure_of([&] { o.call<&obstacle::count>(); }), m.name()));
  EXPECT_TRUE(contains(failure_of([&] { m.make<obstacle>(); }), "signal 9 (Killed)"));
}

TEST_F(manager_faults, a_function_may_end_the_server) {
  for (const bool by_signal : {true, false}) {
    const manager m;
    const auto o = m.make<obstacle>();
    const auto text = failure_of([&] {
      if (by_signal)
        o.call<&obstacle::die>();
      else
        o.call<&obstacle::leave>();
    });
    EXPECT_TRUE(contains(text, by_signal ? "signal 9" : "exit code 3"));
  }
}

TEST_F(manager_faults, a_caller_that_is_killed_harms_nobody) {
  const manager m;
  const auto o = m.make<obstacle>();
  const way blocked;
  process caller([](proxy<obstacle> it, const std::string& told,
                    const std::string& until) { it.call<&obstacle::stand>(told, until); },
                 o, blocked.standing.path(), blocked.go_on.path());
  caller.start();
  EXPECT_EQ(blocked.standing.line(), "standing");
  caller.kill();
  caller.join();
  tell(blocked.go_on.path(), "go");
  EXPECT_EQ(o.call<&obstacle::count>(), 1);
}

// Callers are killed at whatever instruction they are, while others go on.
TEST_F(manager_faults, callers_are_killed_at_random_moments) {
  constexpr int kills = 30;
  const manager m;
  const auto numbers = m.make_map<int, std::string>();
  const auto total = m.make_value<long>(0);
  std::mt19937 random(4711);
  for (int i = 0; i < kills; ++i) {
    process caller(
        [](managed_map<int, std::string> to, managed_value<long> count, int key) {
          for (std::size_t length = 1;; length = length * 2 % 20011) {
            to[key] = std::string(length, 'x');
            if (to.at(key).size() != length) std::exit(1);
            count.call<[](long& value) { ++value; }>();
          }
        },
        numbers, total, i % 3);
    caller.start();
    const long until = total.get() + 1 + static_cast<long>(random() % 50);
    while (total.get() < until) std::this_thread::yield();
    caller.kill();
    caller.join();
    EXPECT_EQ(caller.exit_code(), -SIGKILL);
    EXPECT_EQ(numbers.size(), std::min<std::size_t>(3, static_cast<std::size_t>(i) + 1));
  }
}

TEST_F(manager_faults, a_manager_that_was_shut_down_has_no_objects) {
  manager m;
  const auto v = m.make_value(1);
  manager moved(std::move(m));
  EXPECT_THROW(m.make_value(1), usage_error);
  EXPECT_EQ(v.get(), 1);
  const int pid = moved.pid();
  moved.shutdown();
  EXPECT_NE(::kill(pid, 0), 0);
  moved.shutdown();
  EXPECT_TRUE(contains(failure_of([&] { v.get(); }), "was shut down"));
  moved = manager();
  EXPECT_EQ(moved.make_value(2).get(), 2);
  EXPECT_TRUE(contains(failure_of([&] { v.get(); }), "was shut down"));
}

TEST_F(manager_faults, to_shut_down_does_not_wait_for_a_stuck_call) {
  manager m;
  const auto o = m.make<obstacle>();
  const way blocked;
  EXPECT_THROW(o.call<&obstacle::stand>(blocked.standing.path(), blocked.go_on.path(),
                                        within(milliseconds(0))),
               timeout_error);
  EXPECT_EQ(blocked.standing.line(), "standing");
  m.shutdown(within(milliseconds(1)));
  EXPECT_THROW(o.call<&obstacle::count>(), process_failed);
}

TEST_F(manager_faults, the_server_ends_with_its_owner) {
  for (const bool killed : {true, false}) {
    const mailbox box;
    process owner(
        [](const std::string& to, bool stay) {
          static std::optional<manager> kept;  // no destructor runs before the process's end
          kept.emplace();
          tell(to, std::to_string(kept->pid()));
          while (stay) ::pause();
        },
        box.path(), killed);
    owner.start();
    const int server = box.number();
    if (killed) owner.kill();
    owner.join();
    wait_for_end(server);
  }
}

TEST_F(manager_faults, a_daemon_can_not_have_a_manager) {
  process daemon([] {
    try {
      manager m;
    } catch (const usage_error& e) {
      std::exit(contains(e.what(), "daemon") ? 3 : 4);
    }
  });
  daemon.set_daemon(true);
  daemon.start();
  daemon.join();
  EXPECT_EQ(daemon.exit_code(), 3);
}

}  // namespace
}  // namespace cohort::test
