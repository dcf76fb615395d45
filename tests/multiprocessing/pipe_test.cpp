// Pipes: what arrives, in which form, and what both sides learn when the other is gone.
#include <cohort/error.hpp>
#include <cohort/multiprocessing/pipe.hpp>

#include "multiprocessing/local_family.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace cohort::test {
namespace {

using namespace std::chrono_literals;
using runtime::settings;
using runtime::wait_policy;
namespace mp = cohort::multiprocessing;

std::vector<std::byte> pattern(std::size_t bytes) {
  std::vector<std::byte> result(bytes);
  for (std::size_t i = 0; i < bytes; ++i) result[i] = static_cast<std::byte>(i * 7 + (i >> 10));
  return result;
}

class pipe_test : public testing::Test {
 protected:
  // An end as the process that this thread acts for has it.
  static connection copy_here(const connection& end) {
    byte_buffer bytes;
    detail::pack(end, bytes);
    connection arrived;
    detail::unpack(bytes.bytes(), arrived);
    return arrived;
  }
  static connection copy_for(const std::shared_ptr<mp::participant>& who, const connection& end) {
    connection arrived;
    local_family::act(who, [&] { arrived = copy_here(end); });
    return arrived;
  }
  void as_root(const local_family::body& what) { local_family::act(family_.root(), what); }

  local_family family_;
};

TEST_F(pipe_test, values_arrive_as_what_they_were) {
  as_root([] {
    auto [a, b] = pipe();
    a.send(42);
    a.send(std::string("hello"));
    a.send(std::optional<int>());
    a.send(std::map<int, std::string>{{1, "one"}});
    a.send(std::variant<int, std::string>("text"));
    EXPECT_EQ(b.recv<int>(), 42);
    EXPECT_EQ(b.recv<std::string>(), "hello");
    EXPECT_EQ(b.recv<std::optional<int>>(), std::nullopt);
    EXPECT_EQ((b.recv<std::map<int, std::string>>()), (std::map<int, std::string>{{1, "one"}}));
    EXPECT_EQ((b.recv<std::variant<int, std::string>>()), (std::variant<int, std::string>("text")));
    b.send(1.5);
    EXPECT_EQ(a.recv<double>(), 1.5);
  });
}

TEST_F(pipe_test, borders_are_kept_and_an_empty_message_is_a_message) {
  as_root([] {
    auto [a, b] = pipe();
    const std::vector<std::size_t> lengths = {0, 1, 0, 7, 8, 9, 4096, 70'000, 0};
    for (const std::size_t n : lengths) a.send_bytes(pattern(n));
    for (const std::size_t n : lengths) {
      EXPECT_TRUE(b.poll());
      EXPECT_EQ(b.recv_bytes(), pattern(n));
    }
    EXPECT_FALSE(b.poll());
  });
}

TEST_F(pipe_test, poll_consumes_nothing_and_waits_until_its_deadline) {
  as_root([] {
    auto [a, b] = pipe();
    EXPECT_FALSE(b.poll());
    EXPECT_FALSE(b.poll(within(1ms)));
    a.send(1);
    EXPECT_TRUE(b.poll());
    EXPECT_TRUE(b.poll(within(1h)));
    EXPECT_EQ(b.recv<int>(), 1);
    EXPECT_FALSE(b.poll());
    a.close();
    EXPECT_TRUE(b.poll(within(1h)));
  });
}

TEST_F(pipe_test, another_type_is_an_error_and_the_message_stays) {
  as_root([] {
    auto [a, b] = pipe();
    a.send(42);
    try {
      b.recv<double>();
      ADD_FAILURE() << "no error";
    } catch (const type_error& e) {
      EXPECT_NE(e.message().find("int32"), std::string::npos) << e.what();
      EXPECT_NE(e.message().find("double"), std::string::npos) << e.what();
    }
    EXPECT_THROW(b.recv<std::string>(), type_error);
    EXPECT_EQ(b.recv<int>(), 42);
  });
}

TEST_F(pipe_test, a_message_longer_than_the_room_stays_whole) {
  as_root([] {
    auto [a, b] = pipe();
    const auto sent = pattern(1000);
    a.send_bytes(sent);
    std::vector<std::byte> room(999);
    EXPECT_THROW(b.recv_bytes_into(room), truncation_error);
    EXPECT_EQ(b.recv_bytes(), sent);
    a.send_bytes(sent);
    room.resize(2000);
    EXPECT_EQ(b.recv_bytes_into(room), 1000u);
    EXPECT_EQ(std::memcmp(room.data(), sent.data(), 1000), 0);
  });
}

TEST_F(pipe_test, a_one_way_pipe_refuses_the_wrong_way) {
  as_root([] {
    auto [reader, writer] = pipe(false);
    EXPECT_TRUE(reader.readable());
    EXPECT_FALSE(reader.writable());
    EXPECT_TRUE(writer.writable());
    EXPECT_FALSE(writer.readable());
    EXPECT_THROW(reader.send(1), usage_error);
    EXPECT_THROW(writer.recv<int>(), usage_error);
    writer.send(5);
    EXPECT_EQ(reader.recv<int>(), 5);
  });
}

TEST_F(pipe_test, after_close_the_rest_arrives_and_then_the_end_of_file) {
  as_root([] {
    for (const bool duplex : {true, false}) {
      auto [a, b] = pipe(duplex);
      b.send(1);
      b.send(2);
      b.close();
      EXPECT_TRUE(b.closed());
      EXPECT_THROW(b.send(3), closed_error);
      EXPECT_EQ(a.recv<int>(), 1);
      EXPECT_EQ(a.recv<int>(), 2);
      EXPECT_THROW(a.recv<int>(), end_of_file);
      EXPECT_THROW(a.recv_bytes(), end_of_file);
      if (duplex) {
        EXPECT_THROW(a.send(3), closed_error);
      }
    }
  });
}

TEST_F(pipe_test, an_end_is_open_while_a_copy_lives) {
  as_root([&] {
    auto [a, b] = pipe();
    connection copy = b;
    EXPECT_TRUE(copy == b);
    EXPECT_FALSE(a == b);
    b.close();
    a.send(1);
    EXPECT_EQ(copy.recv<int>(), 1);
    EXPECT_THROW(a.recv<int>(within(1ms)), timeout_error);
    copy.close();
    EXPECT_THROW(a.recv<int>(), end_of_file);
  });
}

TEST_F(pipe_test, an_end_under_way_is_open) {
  as_root([&] {
    auto [a, b] = pipe();
    auto [c, d] = pipe();
    c.send(b);
    b.close();
    EXPECT_THROW(a.recv<int>(within(1ms)), timeout_error);
    auto arrived = d.recv<connection>();
    arrived.send(9);
    EXPECT_EQ(a.recv<int>(), 9);
    arrived.close();
    EXPECT_THROW(a.recv<int>(), end_of_file);
  });
}

TEST_F(pipe_test, an_end_that_could_not_be_sent_is_not_under_way) {
  as_root([&] {
    auto [a, b] = pipe();
    auto [c, d] = pipe();
    d.close();
    EXPECT_THROW(c.send(b), closed_error);
    b.close();
    EXPECT_THROW(a.recv<int>(), end_of_file);
  });
}

TEST_F(pipe_test, the_death_of_all_who_have_an_end_is_the_end_of_file) {
  connection a;
  connection b;
  as_root([&] { std::tie(a, b) = pipe(); });
  const auto first = family_.join();
  const auto second = family_.join();
  connection of_first = copy_for(first, b);
  connection of_second = copy_for(second, b);
  b.close();
  local_family::act(first, [&] { of_first.send(1); });
  family_.kill(*first);
  as_root([&] {
    EXPECT_EQ(a.recv<int>(), 1);
    EXPECT_THROW(a.recv<int>(within(1ms)), timeout_error);
    a.send(5);
  });
  local_family::act(second, [&] { EXPECT_EQ(of_second.recv<int>(), 5); });
  family_.kill(*second);
  as_root([&] {
    EXPECT_THROW(a.recv<int>(), end_of_file);
    EXPECT_THROW(a.send(1), closed_error);
  });
}

TEST_F(pipe_test, a_death_ends_the_wait_of_those_who_sleep) {
  for (const wait_policy how : {wait_policy::sleep, wait_policy::automatic}) {
    settings chosen;
    chosen.wait = how;
    local_family family(chosen);
    connection a;
    connection b;
    local_family::act(family.root(), [&] { std::tie(a, b) = pipe(); });
    const auto doomed = family.join();
    connection theirs = copy_for(doomed, b);
    b.close();
    std::thread waits([&] {
      local_family::act(family.join(), [&] {
        connection mine = copy_here(a);
        EXPECT_THROW(mine.recv<int>(), end_of_file);
      });
    });
    family.kill(*doomed);
    waits.join();
  }
}

TEST_F(pipe_test, a_close_ends_the_wait_of_those_who_sleep) {
  settings chosen;
  chosen.wait = wait_policy::sleep;
  local_family family(chosen);
  connection a;
  connection b;
  local_family::act(family.root(), [&] { std::tie(a, b) = pipe(); });
  connection c = copy_for(family.root(), a);
  std::thread receives(
      [&] { local_family::act(family.join(), [&] { EXPECT_THROW(a.recv<int>(), end_of_file); }); });
  std::thread sends([&] {
    local_family::act(family.join(), [&] {
      EXPECT_THROW(
          {
            for (;;) c.send(1);
          },
          closed_error);
    });
  });
  b.close();
  receives.join();
  sends.join();
}

TEST_F(pipe_test, a_full_pipe_holds_its_sender_until_the_deadline) {
  as_root([] {
    auto [a, b] = pipe();
    int sent = 0;
    EXPECT_THROW(
        {
          for (;; ++sent) a.send(sent, within(1ms));
        },
        timeout_error);
    EXPECT_GT(sent, 1000);
    for (int i = 0; i < sent; ++i) ASSERT_EQ(b.recv<int>(), i);
    a.send(7);
    EXPECT_EQ(b.recv<int>(), 7);
  });
}

TEST_F(pipe_test, sixteen_mebibytes_there_and_back) {
  connection a;
  connection b;
  as_root([&] { std::tie(a, b) = pipe(); });
  const auto sent = pattern(16 * 1024 * 1024);
  family_.run({[&] {
                 for (int i = 0; i < 3; ++i) {
                   a.send_bytes(sent);
                   EXPECT_EQ(a.recv_bytes(), sent);
                 }
               },
               [&] {
                 for (int i = 0; i < 3; ++i) b.send_bytes(b.recv_bytes());
               }});
}

// Several processes and threads have each end; nothing is lost, torn or doubled.
TEST_F(pipe_test, many_at_both_ends) {
  connection a;
  connection b;
  as_root([&] { std::tie(a, b) = pipe(); });
  constexpr int each = 4000;
  std::vector<std::atomic<int>> seen(3 * each);
  const auto sender = [&](int first) {
    return [&, first] {
      connection mine = copy_here(a);
      for (int i = 0; i < each; ++i)
        mine.send(std::vector<int>(static_cast<std::size_t>(1 + i % 100), first * each + i));
    };
  };
  const auto receiver = [&](int count) {
    return [&, count] {
      connection mine = copy_here(b);
      for (int i = 0; i < count; ++i) {
        const auto got = mine.recv<std::vector<int>>();
        ASSERT_FALSE(got.empty());
        for (const int n : got) ASSERT_EQ(n, got[0]);
        ASSERT_EQ(got.size(), static_cast<std::size_t>(1 + got[0] % each % 100));
        ++seen[static_cast<std::size_t>(got[0])];
      }
    };
  };
  family_.run({sender(0), sender(1), sender(2), receiver(each), receiver(2 * each)});
  for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i].load(), 1) << i;
}

// 0..9 through a process that squares until the end of file.
TEST_F(pipe_test, a_chain_ends_when_its_first_end_is_closed) {
  connection to_middle, middle_in, middle_out, from_middle;
  as_root([&] {
    std::tie(middle_in, to_middle) = pipe(false);
    std::tie(from_middle, middle_out) = pipe(false);
  });
  family_.run({[&] {
                 connection in = copy_here(middle_in);
                 connection out = copy_here(middle_out);
                 middle_in.close();
                 middle_out.close();
                 try {
                   for (;;) {
                     const int n = in.recv<int>();
                     out.send(n * n);
                   }
                 } catch (const end_of_file&) {
                   out.close();
                 }
               },
               [&] {
                 for (int i = 0; i < 10; ++i) to_middle.send(i);
                 to_middle.close();
                 for (int i = 0; i < 10; ++i) EXPECT_EQ(from_middle.recv<int>(), i * i);
                 EXPECT_THROW(from_middle.recv<int>(), end_of_file);
               }});
}

TEST_F(pipe_test, a_closed_end_is_an_error_in_every_call) {
  connection none;
  EXPECT_TRUE(none.closed());
  EXPECT_THROW(none.send(1), closed_error);
  EXPECT_THROW(none.recv<int>(), closed_error);
  EXPECT_THROW(none.poll(), closed_error);
  EXPECT_THROW(none.send_bytes({}), closed_error);
  EXPECT_THROW(none.recv_bytes(), closed_error);
  EXPECT_THROW((void)none.readable(), closed_error);
  byte_buffer bytes;
  EXPECT_THROW(detail::pack(none, bytes), closed_error);
}

TEST_F(pipe_test, bytes_that_are_no_end_are_an_error) {
  as_root([] {
    byte_buffer bytes;
    const std::uint32_t garbage[] = {9, 9, 9, 9};
    bytes.append(garbage, sizeof garbage);
    connection none;
    EXPECT_THROW(detail::unpack(bytes.bytes(), none), archive_error);
  });
}

}  // namespace
}  // namespace cohort::test
