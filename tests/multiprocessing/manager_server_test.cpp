// A manager's server and its callers as threads of one process: the whole protocol, for the
// sanitizers.
#include <cohort/archive.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/manager_proxy.hpp>

#include "multiprocessing/local_family.hpp"
#include "multiprocessing/manager/link.hpp"
#include "multiprocessing/manager/server.hpp"
#include "runtime/time_limit.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using namespace multiprocessing;

const call here(call_site::unknown());

class tally {
 public:
  tally() { ++alive; }
  ~tally() { --alive; }
  tally(const tally&) = delete;
  tally& operator=(const tally&) = delete;
  long add(long number) { return sum_ += number; }  // no atomic: calls follow each other
  std::string text(std::size_t size) const { return std::string(size, 'x'); }

  static inline std::atomic<int> alive{0};

 private:
  long sum_ = 0;
};

class tally_proxy : public detail::managed_object {
 public:
  tally_proxy() = default;  // what a proxy is, without a manager that starts a process
  explicit tally_proxy(const std::shared_ptr<manager_link>& link) : managed_object(link, here) {
    byte_buffer bytes;
    packed_oarchive request(bytes);
    begin_make(request, detail::place_of_record<detail::served_class<tally>>(), here);
    exchange(bytes, here);
  }
  long add(long number) const { return ask<&tally::add, long>(number); }
  std::string text(std::size_t size) const { return ask<&tally::text, std::string>(size); }

 private:
  template <auto Method, class R, class... Args>
  R ask(Args... args) const {
    using method = detail::served_method<tally, Method>;
    byte_buffer bytes;
    packed_oarchive request(bytes);
    begin_call(request, detail::place_of_record<method>(), here);
    method::encode(request, args...);
    packed_iarchive answer(exchange(bytes, here));
    return detail::decode_part<R>(answer);
  }
};

class manager_servers : public testing::Test {
 protected:
  manager_servers() : server_(family_.join()) {
    local_family::act(family_.root(), [&] {
      object_ = make_object(manager_state::kind, sizeof(manager_state), "manager", here);
    });
    object_->payload_as<manager_state>().server.store(server_->id());
    thread_ = std::thread([this] {
      local_family::act(server_, [&] {
        manager_server server(attached());
        server.run();
      });
    });
  }
  ~manager_servers() override {
    manager_link::of(object_)->stop();
    thread_.join();
    EXPECT_EQ(tally::alive.load(), 0);
  }

  object_ref attached() const {
    return receive(object_->name(), manager_state::kind, manager_state::class_name);
  }

  time_limit limit_;
  local_family family_;
  std::shared_ptr<participant> server_;
  object_ref object_;
  std::thread thread_;
};

TEST_F(manager_servers, serve_many_processes) {
  for (int round = 0; round < 3; ++round) {
    std::vector<local_family::body> bodies(4, [&] {
      const tally_proxy mine(manager_link::of(attached()));
      for (long i = 1; i <= 300; ++i) ASSERT_EQ(mine.add(1), i);
    });
    family_.run(bodies);
  }
}

TEST_F(manager_servers, make_calls_atomic) {
  constexpr int processes = 4, calls = 300;
  tally_proxy common;
  local_family::act(family_.root(), [&] { common = tally_proxy(manager_link::of(attached())); });
  std::vector<byte_buffer> sent(processes);
  local_family::act(family_.root(), [&] {
    for (byte_buffer& each : sent) detail::pack(common, each);
  });
  std::atomic<int> next{0};
  std::vector<local_family::body> bodies(processes, [&] {
    tally_proxy mine;
    detail::unpack(sent[static_cast<std::size_t>(next++)].bytes(), mine);
    for (int i = 0; i < calls; ++i) mine.add(1);
  });
  family_.run(bodies);
  local_family::act(family_.root(), [&] { EXPECT_EQ(common.add(0), processes * calls); });
}

TEST_F(manager_servers, serve_threads_of_one_process) {
  std::vector<std::thread> threads;
  const auto who = family_.join();
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      local_family::act(who, [&] {
        const tally_proxy mine(manager_link::of(attached()));
        for (const std::size_t size : {10u, 5000u, 100000u}) {
          ASSERT_EQ(mine.text(size).size(), size);
          mine.add(1);
        }
      });
    });
  }
  for (std::thread& each : threads) each.join();
}

// It ends between two calls, with proxies: its objects and its lane end, whoever comes next.
TEST_F(manager_servers, let_go_of_the_dead) {
  for (int i = 0; i < 20; ++i) {
    const auto dying = family_.join();
    std::vector<tally_proxy> kept;
    local_family::act(dying, [&] {
      for (int n = 0; n < 5; ++n) kept.emplace_back(manager_link::of(attached())).add(n);
    });
    EXPECT_EQ(tally::alive.load(), 5);
    family_.kill(*dying);
    while (tally::alive.load() != 0) std::this_thread::yield();
  }
}

TEST_F(manager_servers, fail_their_callers_when_they_end) {
  const auto caller = family_.join();
  local_family::act(caller, [&] {
    const tally_proxy mine(manager_link::of(attached()));
    manager_link::of(object_)->stop();
    while (tally::alive.load() != 0) std::this_thread::yield();
    family_.kill(*server_);
    EXPECT_THROW(mine.add(1), process_failed);
  });
}

}  // namespace
}  // namespace cohort::test
