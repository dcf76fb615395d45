// Waiting for the first of many things: which are ready, that nothing is consumed, and that each
// kind of news ends the wait.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/queue.hpp>
#include <cohort/multiprocessing/wait_ready.hpp>

#include "multiprocessing/local_family.hpp"
#include "runtime/descriptor.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;
namespace mp = cohort::multiprocessing;
using places = std::vector<std::size_t>;

template <class Handle>
Handle copy_here(const Handle& handle) {
  byte_buffer bytes;
  detail::pack(handle, bytes);
  Handle arrived;
  detail::unpack(bytes.bytes(), arrived);
  return arrived;
}

std::pair<runtime::unique_descriptor, runtime::unique_descriptor> unix_pipe() {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
  return {runtime::unique_descriptor(ends[0]), runtime::unique_descriptor(ends[1])};
}
void write_byte(const runtime::unique_descriptor& to) {
  ASSERT_EQ(::write(to.get(), "x", 1), 1);
}

class wait_ready_test : public testing::Test {
 protected:
  void as_root(const local_family::body& what) { local_family::act(family_.root(), what); }
  local_family family_;
};

TEST_F(wait_ready_test, returns_all_that_are_ready) {
  as_root([] {
    auto [a, b] = pipe();
    auto [c, d] = pipe();
    queue<int> q;
    auto [in, out] = unix_pipe();
    const int fd = in.get();
    EXPECT_EQ(wait_ready({b, q, fd, d}, within(0ms)), places{});
    EXPECT_EQ(wait_ready({b, q, fd, d}, within(1ms)), places{});
    a.send(1);
    EXPECT_EQ(wait_ready({b, q, fd, d}), places({0}));
    write_byte(out);
    EXPECT_EQ(wait_ready({b, q, fd, d}), places({0, 2}));
    q.put(5);
    c.send(2);
    EXPECT_EQ(wait_ready({b, q, fd, d}), places({0, 1, 2, 3}));
    EXPECT_EQ(wait_ready({d, d}), places({0, 1}));
    EXPECT_EQ(b.recv<int>(), 1);
    EXPECT_EQ(q.get(), 5);
    EXPECT_EQ(d.recv<int>(), 2);
    EXPECT_EQ(wait_ready({b, q, fd, d}), places({2}));
  });
}

TEST_F(wait_ready_test, ends_are_news) {
  as_root([] {
    auto [a, b] = pipe();
    queue<int> q;
    auto [in, out] = unix_pipe();
    q.shut_down();
    EXPECT_EQ(wait_ready({b, q}), places({1}));
    a.close();
    EXPECT_EQ(wait_ready({b, q}), places({0, 1}));
    out.reset();
    EXPECT_EQ(wait_ready({in.get()}), places({0}));
  });
}

TEST_F(wait_ready_test, what_can_not_be_waited_for_is_an_error) {
  as_root([] {
    auto [reader, writer] = pipe(false);
    EXPECT_THROW(wait_ready({writer}), usage_error);
    EXPECT_THROW(wait_ready({connection()}), closed_error);
    queue<int> q;
    q.close();
    EXPECT_THROW(wait_ready({q}), closed_error);
    EXPECT_THROW(wait_ready({-1}), argument_error);
    int closed = 0;
    {
      auto [in, out] = unix_pipe();
      closed = in.get();
    }
    EXPECT_THROW(wait_ready({closed}), argument_error);
  });
  EXPECT_THROW(wait_ready({0}), usage_error);
}

// What ends the wait of one who sleeps, in turn: a message, an item, a close, a shut-down, a death,
// a descriptor.
TEST_F(wait_ready_test, each_kind_of_news_wakes) {
  runtime::settings chosen;
  chosen.wait = runtime::wait_policy::sleep;
  for (std::size_t news = 0; news < 6; ++news) {
    local_family family(chosen);
    connection a, b, c, d, e, f;
    std::optional<queue<int>> q, r;
    local_family::act(family.root(), [&] {
      std::tie(a, b) = pipe();
      std::tie(c, d) = pipe();
      std::tie(e, f) = pipe();
      q.emplace();
      r.emplace();
    });
    const auto doomed = family.join();
    connection theirs;
    local_family::act(doomed, [&] { theirs = copy_here(e); });
    e.close();
    auto [in, out] = unix_pipe();
    places ready;
    std::thread waits([&, fd = in.get()] {
      local_family::act(family.join(), [&] {
        const connection from_a = copy_here(b);
        const connection from_c = copy_here(d);
        const connection from_e = copy_here(f);
        const auto first = copy_here(*q);
        const auto second = copy_here(*r);
        ready = wait_ready({from_a, first, from_c, second, from_e, fd});
      });
    });
    const std::function<void()> bring[] = {[&] { a.send(1); },
                                           [&] { q->put(1); },
                                           [&] { c.close(); },
                                           [&] { r->shut_down(); },
                                           [&] { family.kill(*doomed); },
                                           [&, &to = out] { write_byte(to); }};
    bring[news]();
    waits.join();
    EXPECT_EQ(ready, places({news}));
  }
}

// Far more things than one system call can wait for.
TEST_F(wait_ready_test, hundreds_of_things) {
  constexpr int count = 300;
  std::vector<std::pair<connection, connection>> pipes;
  as_root([&] {
    for (int i = 0; i < count; ++i) pipes.push_back(pipe(false));
  });
  family_.run({[&] {
                 std::vector<connection> ends;
                 for (auto& [reader, writer] : pipes) ends.push_back(copy_here(reader));
                 const std::vector<waitable> all(ends.begin(), ends.end());
                 std::vector<int> seen(count);
                 for (int messages = 0; messages < 3 * count;) {
                   for (const std::size_t i : wait_ready(all)) {
                     EXPECT_EQ(ends[i].recv<int>(), seen[i]++);
                     ++messages;
                   }
                 }
                 EXPECT_EQ(seen, std::vector<int>(count, 3));
               },
               [&] {
                 for (int lap = 0; lap < 3; ++lap) {
                   for (int i = 0; i < count; ++i)
                     pipes[static_cast<std::size_t>(i * 7 % count)].second.send(lap);
                 }
               }});
}

// Two threads of one process, woken through one doorbell, each by its own news.
TEST_F(wait_ready_test, two_threads_of_one_process) {
  runtime::settings chosen;
  chosen.wait = runtime::wait_policy::sleep;
  local_family family(chosen);
  std::array<std::optional<queue<int>>, 2> to;
  std::array<std::optional<queue<int>>, 2> from;
  const auto shared = family.join();
  local_family::act(shared, [&] {
    for (std::size_t i = 0; i < 2; ++i) {
      to[i].emplace();
      from[i].emplace();
    }
  });
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 2; ++i) {
    threads.emplace_back([&, i] {
      local_family::act(shared, [&] {
        queue<int> in = *to[i];
        for (int n = 0; n < 500; ++n) {
          EXPECT_EQ(wait_ready({in}), places({0}));
          from[i]->put(in.get());
        }
      });
    });
  }
  local_family::act(family.join(), [&] {
    std::array<queue<int>, 2> out = {copy_here(*to[0]), copy_here(*to[1])};
    std::array<queue<int>, 2> in = {copy_here(*from[0]), copy_here(*from[1])};
    for (int n = 0; n < 500; ++n) {
      for (std::size_t i = 0; i < 2; ++i) out[i].put(n);
      for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(in[i].get(), n);
    }
  });
  for (std::thread& t : threads) t.join();
}

}  // namespace
}  // namespace cohort::test
