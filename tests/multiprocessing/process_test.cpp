// One process and its handle: how it is started, how it ends, what can be known of it, and what is
// refused.
#include <cohort/environment.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/callable.hpp>
#include <cohort/multiprocessing/process.hpp>
#include <cohort/multiprocessing/this_process.hpp>

#include "multiprocessing/family/participant.hpp"
#include "multiprocessing/family/place.hpp"
#include "multiprocessing/mailbox.hpp"
#include "multiprocessing/process_fixture.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;

class one_process : public process_test {};

void wait_for_a_signal() {
  for (;;) ::pause();
}

bool readable(int descriptor) {
  pollfd watched{descriptor, POLLIN, 0};
  return ::poll(&watched, 1, 0) == 1;
}

TEST_F(one_process, is_the_child_of_its_starter) {
  const mailbox box;
  process child(
      [](const std::string& to) {
        tell(to, std::to_string(::getppid()) + " " + std::to_string(::getpid()));
        tell(to,
             this_process::parent()->name() + " " + std::to_string(this_process::parent()->pid()));
      },
      box.path());
  child.start();
  EXPECT_EQ(box.line(), std::to_string(::getpid()) + " " + std::to_string(child.pid()));
  EXPECT_EQ(box.line(), "main " + std::to_string(::getpid()));
  EXPECT_TRUE(child.join());
  EXPECT_FALSE(this_process::parent().has_value());
}

TEST_F(one_process, gets_its_arguments) {
  const mailbox box;
  process child(
      [](const std::string& to, std::map<std::string, int> stock, std::unique_ptr<int> n,
         const std::vector<double>& v) {
        tell(to, std::to_string(stock.at("apples") + *n +
                                static_cast<int>(std::accumulate(v.begin(), v.end(), 0.0))));
      },
      box.path(), std::map<std::string, int>{{"apples", 100}}, std::make_unique<int>(20),
      std::vector<double>(1'000'000, 1e-6));
  child.start();
  EXPECT_EQ(box.number(), 121);
  child.join();
}

int exit_code_of(process child) {
  child.start();
  child.join();
  return child.exit_code().value();
}

TEST_F(one_process, ends_with_a_code) {
  EXPECT_EQ(exit_code_of(process([] {})), 0);
  EXPECT_EQ(exit_code_of(process([] { std::exit(0); })), 0);
  EXPECT_EQ(exit_code_of(process([] { std::exit(5); })), 5);
  EXPECT_EQ(exit_code_of(process([] { std::_Exit(6); })), 6);
  EXPECT_EQ(exit_code_of(process([] { std::raise(SIGKILL); })), -SIGKILL);
  EXPECT_EQ(exit_code_of(process([] { std::abort(); })), -SIGABRT);
  EXPECT_EQ(exit_code_of(process([](int code) { std::exit(code); }, 300)), 300 % 256);
}

TEST_F(one_process, prints_the_exception_that_ends_it) {
  const captured_errors errors;
  process child([] { throw std::out_of_range("no such shelf"); });
  child.set_name("stocktaker");
  EXPECT_EQ(exit_code_of(std::move(child)), 1);
  EXPECT_EQ(exit_code_of(process([] { throw 7; })), 1);
  const std::string text = errors.text();
  EXPECT_NE(text.find("process stocktaker (pid "), text.npos) << text;
  EXPECT_NE(text.find("std::out_of_range: no such shelf\n"), text.npos) << text;
  EXPECT_NE(text.find("of a type that is no std::exception\n"), text.npos) << text;
}

TEST_F(one_process, is_alive_from_start_to_end) {
  process child(wait_for_a_signal);
  EXPECT_FALSE(child.is_alive());
  EXPECT_EQ(child.pid(), 0);
  EXPECT_EQ(child.exit_code(), std::nullopt);
  child.start();
  EXPECT_TRUE(child.is_alive());
  EXPECT_EQ(child.exit_code(), std::nullopt);
  ::kill(child.pid(), SIGSTOP);  // so that it is known what the next look finds
  child.terminate();
  EXPECT_TRUE(child.is_alive());
  ::kill(child.pid(), SIGCONT);
  EXPECT_TRUE(child.join());
  EXPECT_FALSE(child.is_alive());
  EXPECT_EQ(child.exit_code(), -SIGTERM);
}

TEST_F(one_process, can_be_killed) {
  process child([] {
    std::signal(SIGTERM, SIG_IGN);
    wait_for_a_signal();
  });
  child.start();
  child.kill();
  child.join();
  EXPECT_EQ(child.exit_code(), -SIGKILL);
  child.kill();       // too late: nothing happens
  child.terminate();  // the same
}

TEST_F(one_process, is_joined_within_a_time) {
  process child(wait_for_a_signal);
  child.start();
  EXPECT_FALSE(child.join(within(0s)));
  EXPECT_FALSE(child.join(within(-1s)));
  EXPECT_FALSE(child.join(within(10ms)));
  EXPECT_TRUE(child.is_alive());
  child.kill();
  EXPECT_TRUE(child.join(within(1h)));
  EXPECT_TRUE(child.join(within(0s)));
  EXPECT_TRUE(child.join());
}

TEST_F(one_process, has_a_sentinel) {
  const mailbox go;
  process child([](const std::string& from) { hear(from); }, go.path());
  child.start();
  EXPECT_FALSE(readable(child.sentinel()));
  tell(go.path(), "go");
  pollfd watched{child.sentinel(), POLLIN, 0};
  EXPECT_EQ(::poll(&watched, 1, -1), 1);
  EXPECT_TRUE(child.join());
  EXPECT_TRUE(readable(child.sentinel()));
}

TEST_F(one_process, is_started_once) {
  process child([] {});
  child.start();
  EXPECT_THROW(child.start(), usage_error);
  EXPECT_THROW(child.set_name("late"), usage_error);
  EXPECT_THROW(child.set_daemon(true), usage_error);
  child.join();
  EXPECT_THROW(child.start(), usage_error);
}

TEST_F(one_process, that_was_not_started_is_not_joined) {
  process child([] {});
  EXPECT_THROW(child.join(), usage_error);
  EXPECT_THROW(child.terminate(), usage_error);
  EXPECT_THROW(child.sentinel(), usage_error);
  process none;
  EXPECT_THROW(none.join(), usage_error);
  EXPECT_THROW(none.start(), usage_error);
}

TEST_F(one_process, is_closed_after_its_end) {
  process child(wait_for_a_signal);
  child.start();
  EXPECT_THROW(child.close(), usage_error);
  child.kill();
  child.join();
  child.close();
  child.close();
  EXPECT_THROW(child.join(), usage_error);
  EXPECT_THROW(child.is_alive(), usage_error);
  EXPECT_THROW(child.exit_code(), usage_error);
  EXPECT_THROW(child.pid(), usage_error);
  EXPECT_THROW(child.name(), usage_error);
  EXPECT_THROW(child.sentinel(), usage_error);
  EXPECT_THROW(child.kill(), usage_error);
  EXPECT_THROW(child.start(), usage_error);
}

TEST_F(one_process, is_joined_by_its_parent_alone) {
  process child(wait_for_a_signal);
  child.start();
  const pid_t stranger = ::fork();
  if (stranger == 0) {
    try {
      child.join();
    } catch (const usage_error& e) {
      const bool says = std::string(e.what()).find("only its parent") != std::string::npos;
      ::_exit(says ? 42 : 43);
    }
    ::_exit(44);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(stranger, &status, 0), stranger);
  EXPECT_EQ(WEXITSTATUS(status), 42);
  child.kill();
  child.join();
}

TEST_F(one_process, goes_on_without_its_handle) {
  const mailbox box;
  {
    process child(
        [](const std::string& to) {
          tell(to, "here");
          wait_for_a_signal();
        },
        box.path());
    child.start();
  }
  EXPECT_EQ(box.line(), "here");
  auto children = this_process::active_children();
  ASSERT_EQ(children.size(), 1u);
  children[0].terminate();
  EXPECT_TRUE(children[0].join());
  EXPECT_EQ(children[0].exit_code(), -SIGTERM);
}

TEST_F(one_process, has_neither_input_nor_descriptors_of_its_parent) {
  const mailbox box;
  const int leaked = ::open("/proc/self/maps", O_RDONLY);  // not close-on-exec
  process child(
      [](const std::string& to) {
        char byte;
        tell(to, std::to_string(::read(STDIN_FILENO, &byte, 1)));
        std::string others;
        for (const std::string& each : open_descriptors()) {
          if (each.find("maps") != each.npos) others += each;
        }
        tell(to, others);
      },
      box.path());
  child.start();
  ::close(leaked);
  EXPECT_EQ(box.line(), "0");
  EXPECT_EQ(box.line(), "");
  child.join();
}

// As by Ctrl-C, which all processes of a terminal get: the parent decides.
TEST_F(one_process, ignores_the_first_interrupt) {
  const mailbox box, go;
  process child(
      [](const std::string& to, const std::string& from) {
        tell(to, "here");
        tell(to, hear(from));
        wait_for_a_signal();
      },
      box.path(), go.path());
  child.start();
  EXPECT_EQ(box.line(), "here");
  ::kill(child.pid(), SIGINT);
  tell(go.path(), "still here");
  EXPECT_EQ(box.line(), "still here");
  ::kill(child.pid(), SIGINT);
  EXPECT_TRUE(child.join());
  EXPECT_EQ(child.exit_code(), -SIGINT);
}

struct refuses_to_be_packed {
  int operator()() const { return 0; }
  template <class Archive>
  void serialize(Archive&, unsigned) {
    if (Archive::is_saving::value) throw std::logic_error("not this one");
  }
};

TEST_F(one_process, that_cant_be_packed_is_not_started) {
  process child{refuses_to_be_packed()};
  EXPECT_THROW(child.start(), std::logic_error);
  EXPECT_FALSE(child.is_alive());
  EXPECT_THROW(child.join(), usage_error);
}

struct refuses_to_be_unpacked {
  template <class Archive>
  void serialize(Archive&, unsigned) {
    if (Archive::is_loading::value) throw std::logic_error("not here");
  }
};

TEST_F(one_process, that_cant_be_unpacked_says_so) {
  const captured_errors errors;
  EXPECT_EQ(exit_code_of(process([](const refuses_to_be_unpacked&) {}, refuses_to_be_unpacked())),
            1);
  EXPECT_NE(errors.text().find("std::logic_error: not here"), std::string::npos) << errors.text();
}

// At whichever descriptor of those that a start needs.
TEST_F(one_process, without_descriptors_left_is_not_started) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const int first_free = ::dup(STDIN_FILENO);
  ::close(first_free);
  const auto nothing = [] {};
  process child(nothing);
  // A sanitizer needs descriptors itself when it meets a type for the first time.
  EXPECT_EQ(exit_code_of(process(nothing)), 0);
  EXPECT_THROW(throw resource_error("", {}), resource_error);
  int refused = 0;
  for (rlimit limit = before;; ++refused) {
    limit.rlim_cur = static_cast<rlim_t>(first_free + refused);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    try {
      child.start();
      break;
    } catch (const resource_error&) {
    }
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_GE(refused, 3);
  EXPECT_TRUE(child.join());
  EXPECT_EQ(child.exit_code(), 0);
}

// Its end is known, how it ended is not.
TEST_F(one_process, that_nobody_could_reap_has_ended_somehow) {
  const auto before = std::signal(SIGCHLD, SIG_IGN);
  process child([] {});
  child.start();
  EXPECT_TRUE(child.join());
  EXPECT_EQ(child.exit_code(), 255);
  std::signal(SIGCHLD, before);
}

TEST_F(one_process, has_an_environment) {
  const mailbox box;
  process child(
      [](const std::string& to) {
        tell(to, environment::initialized() ? "initialized" : "not initialized");
        try {
          const environment another;
          tell(to, "another one");
        } catch (const usage_error& e) {
          tell(to, e.message());
        }
      },
      box.path());
  child.start();
  EXPECT_EQ(box.line(), "initialized");
  EXPECT_EQ(box.line(), "this process has an environment already; make one, in main");
  child.join();
}

TEST_F(one_process, may_fork) {
  const mailbox box;
  process child(
      [](const std::string& to) {
        const pid_t forked = ::fork();
        if (forked == 0) return;  // comes back, as if it were the child itself
        int status = 0;
        ::waitpid(forked, &status, 0);
        tell(to, "the fork ended with " + std::to_string(status));
      },
      box.path());
  child.start();
  EXPECT_EQ(box.line(), "the fork ended with 0");
  EXPECT_TRUE(child.join());
  EXPECT_EQ(child.exit_code(), 0);
  EXPECT_TRUE(box.empty());
}

TEST_F(one_process, is_one_of_many) {
  const mailbox box;
  std::vector<process> children;
  for (int i = 0; i < 50; ++i) {
    children.emplace_back(
        [](const std::string& to) {
          tell(to, "here");
          wait_for_a_signal();
        },
        box.path());
    children.back().start();
  }
  // All at once, or this never ends.
  for (int i = 0; i < 50; ++i) EXPECT_EQ(box.line(), "here");
  EXPECT_EQ(this_process::active_children().size(), 50u);
  for (process& each : children) each.terminate();
  for (process& each : children) {
    EXPECT_TRUE(each.join());
    EXPECT_EQ(each.exit_code(), -SIGTERM);
  }
}

// A job has so many places for processes that are alive.
TEST_F(one_process, gives_its_place_to_another) {
  const auto me = multiprocessing::current_participant("test", call());
  std::vector<multiprocessing::participant_id> taken;
  try {
    for (;;) taken.push_back(multiprocessing::keep_place(*me));
  } catch (const resource_error&) {
  }
  EXPECT_GE(taken.size(), 900u);
  process child([] {});
  EXPECT_THROW(child.start(), resource_error);
  const auto give_back_one = [&] {
    me->shared().publish_end(taken.back(), 0);
    taken.pop_back();
  };
  give_back_one();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(exit_code_of(process([] {})), 0);
  while (!taken.empty()) give_back_one();
}

TEST_F(one_process, is_started_by_any_thread) {
  std::atomic<int> ended{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10; ++i) ended += exit_code_of(process([] { std::exit(1); }));
    });
  }
  for (std::thread& each : threads) each.join();
  EXPECT_EQ(ended, 40);
}

}  // namespace
}  // namespace cohort::test
