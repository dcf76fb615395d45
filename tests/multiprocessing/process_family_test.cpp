// Processes that have parents and children: names, daemons, classes, what is done last, and what
// becomes of the children of those who die.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/process.hpp>
#include <cohort/multiprocessing/this_process.hpp>

#include "multiprocessing/family/participant.hpp"
#include "multiprocessing/mailbox.hpp"
#include "multiprocessing/process_fixture.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;

class process_family : public process_test {};

void wait_for_a_signal() {
  for (;;) ::pause();
}

void tell_name(const std::string& to) {
  tell(to, this_process::name());
}

TEST_F(process_family, has_names_with_ancestry) {
  const mailbox box;
  process child(
      [](const std::string& to) {
        tell_name(to);
        for (int i = 0; i < 2; ++i) {
          process grandchild(tell_name, to);
          grandchild.start();
          grandchild.join();
        }
      },
      box.path());
  child.start();
  const std::string name = child.name();
  EXPECT_EQ(name.rfind("process-", 0), 0u) << name;
  EXPECT_EQ(box.line(), name);
  EXPECT_EQ(box.line(), name + ":1");
  EXPECT_EQ(box.line(), name + ":2");
  child.join();
  EXPECT_EQ(child.name(), name);
}

TEST_F(process_family, counts_its_processes) {
  process first([] {}), second([] {});
  const int number = std::stoi(first.name().substr(8));
  EXPECT_EQ(second.name(), "process-" + std::to_string(number + 1));
}

TEST_F(process_family, gives_names) {
  const mailbox box;
  process child(
      [](const std::string& to) {
        tell_name(to);
        process grandchild(tell_name, to);
        grandchild.start();
        grandchild.join();
      },
      box.path());
  EXPECT_THROW(child.set_name(""), argument_error);
  EXPECT_THROW(child.set_name(std::string(64, 'x')), argument_error);
  const std::string longest(63, 'y');
  child.set_name(longest);
  child.start();
  EXPECT_EQ(child.name(), longest);
  EXPECT_EQ(box.line(), longest);
  const std::string grandchild = box.line();  // by its place in the family: process-7:1
  EXPECT_EQ(grandchild.rfind("process-", 0), 0u) << grandchild;
  EXPECT_EQ(grandchild.substr(grandchild.size() - 2), ":1") << grandchild;
  child.join();
}

class greeter : public process_class<greeter> {
 public:
  greeter() = default;
  greeter(std::string to, std::string whom) : to_(std::move(to)), whom_(std::move(whom)) {}
  void run() override {
    tell(to_, name() + " greets " + whom_);
    tell(to_, name() == this_process::name() && pid() == ::getpid() && is_alive() ? "it is itself"
                                                                                  : "it is not");
    std::exit(3);
  }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& to_& whom_;
  }

 private:
  std::string to_;
  std::string whom_;
};

TEST_F(process_family, has_classes) {
  const mailbox box;
  greeter hello(box.path(), "the world");
  const std::string name = hello.name();
  EXPECT_EQ(name.rfind("greeter-", 0), 0u) << name;
  hello.start();
  EXPECT_EQ(box.line(), name + " greets the world");
  EXPECT_EQ(box.line(), "it is itself");
  EXPECT_TRUE(hello.join());
  EXPECT_EQ(hello.exit_code(), 3);
}

class without_state : public process_class<without_state> {
 public:
  void run() override { std::exit(name() == "named" ? 4 : 5); }
};

TEST_F(process_family, has_classes_without_state) {
  without_state child;
  child.set_name("named");
  child.start();
  child.join();
  EXPECT_EQ(child.exit_code(), 4);
}

TEST_F(process_family, has_daemons_that_have_no_children) {
  const mailbox box;
  process daemon(
      [](const std::string& to) {
        tell(to, this_process::daemon() ? "a daemon" : "no daemon");
        process child([] {});
        try {
          child.start();
          tell(to, "it has a child");
        } catch (const usage_error& e) {
          tell(to, e.what());
        }
      },
      box.path());
  EXPECT_FALSE(daemon.daemon());
  daemon.set_daemon(true);
  daemon.set_name("imp");
  daemon.start();
  EXPECT_TRUE(daemon.daemon());
  EXPECT_EQ(box.line(), "a daemon");
  const std::string problem = box.line();
  EXPECT_NE(problem.find("(imp) is a daemon, and daemons can't have children"), problem.npos)
      << problem;
  daemon.join();
}

void stay(const std::string& to, const std::string& from) {
  tell(to, std::to_string(::getpid()));
  tell(to, hear(from));
}

// The daemon is terminated, the other is waited for.
TEST_F(process_family, ends_daemons_and_joins_the_others) {
  const mailbox box, go, now;
  process parent(
      [](const std::string& to, const std::string& from, const std::string& when) {
        this_process::at_exit([to] { tell(to, "the first finalizer"); });
        this_process::at_exit([to] { tell(to, "the second finalizer"); });
        process daemon(stay, to, from), other(stay, to, from);
        daemon.set_daemon(true);
        daemon.start();
        hear(when);
        other.start();
        hear(when);
        std::exit(7);
      },
      box.path(), go.path(), now.path());
  parent.start();
  const int daemon = box.number();
  tell(now.path(), "start the other");
  box.number();
  tell(now.path(), "end");
  EXPECT_EQ(box.line(), "the second finalizer");
  EXPECT_EQ(box.line(), "the first finalizer");
  wait_for_end(daemon);
  EXPECT_FALSE(parent.join(within(0s)));
  tell(go.path(), "it ends");
  EXPECT_EQ(box.line(), "it ends");
  EXPECT_TRUE(parent.join());
  EXPECT_EQ(parent.exit_code(), 7);
  EXPECT_TRUE(box.empty());  // or the daemon would have heard it, too
}

TEST_F(process_family, kills_daemons_that_do_not_end) {
  const mailbox box, now;
  process parent(
      [](const std::string& to, const std::string& when) {
        process daemon(
            [](const std::string& here) {
              std::signal(SIGTERM, SIG_IGN);
              tell(here, std::to_string(::getpid()));
              wait_for_a_signal();
            },
            to);
        daemon.set_daemon(true);
        daemon.start();
        hear(when);
      },
      box.path(), now.path());
  parent.start();
  const int daemon = box.number();
  tell(now.path(), "end");
  EXPECT_TRUE(parent.join());
  EXPECT_EQ(parent.exit_code(), 0);
  wait_for_end(daemon);
}

// Nobody will serve them any more.
TEST_F(process_family, that_ends_by_an_exception_terminates_all) {
  const captured_errors errors;
  const mailbox box, never;
  process parent(
      [](const std::string& to, const std::string& from) {
        process child(stay, to, from);
        child.start();
        throw std::runtime_error("no more");
      },
      box.path(), never.path());
  parent.start();
  EXPECT_TRUE(parent.join());
  EXPECT_EQ(parent.exit_code(), 1);
}

// Of those that a killed process leaves, nobody goes on, and their ends are told to all.
TEST_F(process_family, leaves_no_orphans) {
  const mailbox box, never;
  process parent(
      [](const std::string& to, const std::string& from) {
        process child(
            [](const std::string& t, const std::string& f) {
              process grandchild(stay, t, f);
              grandchild.start();
              stay(t, f);
            },
            to, from);
        child.start();
        wait_for_a_signal();
      },
      box.path(), never.path());
  parent.start();
  const int one = box.number(), another = box.number();
  parent.kill();
  EXPECT_TRUE(parent.join());
  wait_for_end(one);
  wait_for_end(another);

  const auto me = multiprocessing::current_participant("test", call());
  const auto anybody = [&] {
    const auto& shared = me->shared();
    for (std::uint32_t slot = 1; slot < multiprocessing::max_participants; ++slot) {
      const auto state = shared.participant(slot).state.load();
      if (state == multiprocessing::participant_state::starting ||
          state == multiprocessing::participant_state::joined) {
        return true;
      }
    }
    return false;
  };
  // Ends ring everybody's bell, so nothing else is needed to be woken by them.
  runtime::wait_word silent{};
  const runtime::wait_reason why{"test", runtime::no_peer, 0, 0, call_site::unknown()};
  EXPECT_TRUE(me->wait(
      silent, [&] { return !anybody(); }, why, deadline()));
}

TEST_F(process_family, sees_its_parent_die) {
  const mailbox box;
  process parent(
      [](const std::string& to) {
        process child(
            [](const std::string& here) {
              const auto mine = this_process::parent();
              tell(here, std::to_string(::getpid()));
              tell(here, mine->is_alive() && !mine->join(within(0s)) ? "alive" : "dead");
              mine->join();
              tell(here, mine->is_alive() ? "alive" : "dead");
              wait_for_a_signal();
            },
            to);
        child.set_orphan_grace(1h);
        child.start();
        wait_for_a_signal();
      },
      box.path());
  parent.start();
  const int child = box.number();
  EXPECT_EQ(box.line(), "alive");
  parent.kill();
  EXPECT_TRUE(parent.join());
  EXPECT_EQ(box.line(), "dead");
  ::kill(child, SIGKILL);
  wait_for_end(child);
}

TEST_F(process_family, outlives_its_parent_for_a_while_only) {
  const mailbox box, never;
  process parent(
      [](const std::string& to, const std::string& from) {
        process child(stay, to, from);
        child.set_orphan_grace(1ms);
        child.start();
        wait_for_a_signal();
      },
      box.path(), never.path());
  parent.start();
  const int child = box.number();
  parent.kill();
  EXPECT_TRUE(parent.join());
  wait_for_end(child);
}

}  // namespace
}  // namespace cohort::test
