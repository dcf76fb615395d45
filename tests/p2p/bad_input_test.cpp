// Every wrong call: the error's type, and in its text the rank, the line of the call and the
// remedy. The message that did not suit is kept, and nobody else notices.
#include "p2p/samples.hpp"
#include "support/ranked.hpp"

#include <array>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cohort::test {

namespace {

constexpr int tag = 2;

void expect_in(const std::string& part, const std::string& text) {
  EXPECT_NE(text.find(part), std::string::npos) << "no \"" << part << "\" in: " << text;
}

// Calls f, which throws an Error at `line` of this file with a text that has all of `parts`.
template <class Error, class F>
void expect_error(const communicator& world, unsigned line, F&& f,
                  const std::vector<std::string>& parts) {
  SCOPED_TRACE("line " + std::to_string(line));
  try {
    f();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& e) {
    const std::string text = e.what();
    for (const std::string& part : parts) expect_in(part, text);
    expect_in("bad_input_test.cpp:" + std::to_string(line), text);
    expect_in("rank " + std::to_string(world.rank()), text);
    EXPECT_EQ(e.where().line(), line);
    EXPECT_EQ(std::strcmp(e.where().file(), __FILE__), 0) << e.where().file();
    EXPECT_EQ(e.rank(), world.rank());
    EXPECT_NE(std::string(e.operation()), "");
  } catch (const std::exception& e) {
    ADD_FAILURE() << "another error: " << e.what();
  }
}

// After every error the ring still works.
void still_works(const communicator& world) {
  EXPECT_EQ(world.sendrecv<int>(right_of(world), 1000, world.rank(), left_of(world), 1000),
            left_of(world));
  EXPECT_FALSE(world.iprobe().has_value());
  world.barrier();
}

}  // namespace

#define EXPECT_ERROR_OF(line, type, call, ...) \
  expect_error<type>(                          \
      world, line, [&] { call; }, std::vector<std::string>{__VA_ARGS__})
#define EXPECT_ERROR(type, call, ...) EXPECT_ERROR_OF(__LINE__, type, call, __VA_ARGS__)

RANKED_TEST(bad_input, rank_out_of_range) {
  const int size = world.size();
  const std::string ranks = size == 1 ? "the only rank" : "0 to " + std::to_string(size - 1);
  const std::string none = std::to_string(size);
  int value = 0;
  for (const int wrong : {size, -1, 1 << 30, -1000}) {
    const std::string number = std::to_string(wrong);
    EXPECT_ERROR(argument_error, world.send(wrong, tag, 1), "send: ", number, ranks);
    EXPECT_ERROR(argument_error, world.ssend(wrong, tag, 1), "ssend: ", number, ranks);
    EXPECT_ERROR(argument_error, world.isend(wrong, tag, 1), "isend: ", number, ranks);
    EXPECT_ERROR(argument_error, world.issend(wrong, tag, 1), "issend: ", number, ranks);
    EXPECT_ERROR(argument_error, world.recv<int>(wrong, tag), "recv: ", number, "any_source");
    EXPECT_ERROR(argument_error, world.irecv(wrong, tag, value), "irecv: ", number, ranks);
    EXPECT_ERROR(argument_error, world.irecv<int>(wrong, tag), "irecv: ", number, ranks);
    EXPECT_ERROR(argument_error, world.probe(wrong, tag), "probe: ", number, ranks);
    EXPECT_ERROR(argument_error, world.iprobe(wrong, tag), "iprobe: ", number, ranks);
    EXPECT_ERROR(argument_error, world.mprobe(wrong, tag), "mprobe: ", number, ranks);
    EXPECT_ERROR(argument_error, world.improbe(wrong, tag), "improbe: ", number, ranks);
    EXPECT_ERROR(argument_error, world.sendrecv<int>(wrong, tag, 1, 0, tag), "sendrecv: ", number);
    EXPECT_ERROR(argument_error, world.sendrecv<int>(0, tag, 1, wrong, tag), "sendrecv: ", number);
    EXPECT_ERROR(argument_error, world.send_init(wrong, tag, std::span(&value, 1)), number, ranks);
    EXPECT_ERROR(argument_error, world.recv_init(wrong, tag, std::span(&value, 1)), number, ranks);
    EXPECT_ERROR(argument_error, exchange(world, wrong, 1), number, ranks);
  }
  EXPECT_ERROR(argument_error, world.send(any_source, tag, 1), "-2", ranks);
  still_works(world);
}

RANKED_TEST(bad_input, tag_out_of_range) {
  for (const int wrong : {-2, -1000}) {
    const std::string number = std::to_string(wrong);
    EXPECT_ERROR(argument_error, world.send(0, wrong, 1), "tag " + number, std::to_string(max_tag));
    EXPECT_ERROR(argument_error, world.isend(0, wrong, 1), "tag " + number, "0 to ");
    EXPECT_ERROR(argument_error, world.recv<int>(0, wrong), "tag " + number, "any_tag");
    EXPECT_ERROR(argument_error, world.irecv<int>(0, wrong), "tag " + number, "any_tag");
    EXPECT_ERROR(argument_error, world.probe(0, wrong), "tag " + number, "any_tag");
  }
  EXPECT_ERROR(argument_error, world.send(0, any_tag, 1), "tag -1", "0 to ");
  still_works(world);
}

RANKED_TEST(bad_input, negative_count) {
  int value = 0;
  EXPECT_ERROR(argument_error, world.send(0, tag, &value, -1), "-1", "negative");
  EXPECT_ERROR(argument_error, world.isend(0, tag, &value, -1), "-1", "negative");
  EXPECT_ERROR(argument_error, world.recv(0, tag, &value, -5), "-5", "negative");
  EXPECT_ERROR(argument_error, world.irecv(0, tag, &value, -5), "-5", "negative");
  still_works(world);
}

RANKED_TEST(bad_input, another_type_than_was_sent) {
  const std::string left = std::to_string(left_of(world));
  const auto wrong = [&](auto sent, const char* name) {
    using type = decltype(sent);
    request sending = world.isend(right_of(world), tag, sent);
    std::array<float, 4> room{};
    float one = 0;
    EXPECT_ERROR(type_error, world.recv<float>(left_of(world), tag), name, "float", "rank " + left,
                 "tag 2", "kept");
    EXPECT_ERROR(type_error, world.recv(left_of(world), tag, std::span(room)), name, "float");
    EXPECT_ERROR(type_error, world.recv<std::vector<float>>(left_of(world), any_tag), name);
    EXPECT_ERROR(type_error, (world.recv<std::pair<std::string, int>>(any_source, tag)), name);
    EXPECT_ERROR(type_error, world.irecv(left_of(world), tag, one).wait(), name, "float");
    EXPECT_ERROR(type_error, world.irecv<std::string>(left_of(world), any_tag).get(), name, "char");
    EXPECT_TRUE(same(world.recv<type>(left_of(world), tag), sent));
    sending.wait();
    still_works(world);
  };
  wrong(5, "int32");
  wrong(sample<std::vector<double>>(1, 5000), "double");
  wrong(sample<std::vector<double>>(1, 200'000), "double");
  wrong(std::u32string(U"text"), "char32");
  wrong(std::pair<int, double>(1, 2.0), "pair<int32, double>");
  wrong(sample<std::vector<std::string>>(1, 1000), "vector<string>");
}

RANKED_TEST(bad_input, a_type_error_where_the_receive_is_posted_first) {
  for (const std::size_t bytes : {std::size_t{8}, std::size_t{4000}, std::size_t{200'000}}) {
    const auto sent = sample<std::vector<double>>(1, bytes);
    std::vector<int> room(bytes);
    const unsigned line = __LINE__ + 1;
    request receiving = world.irecv(left_of(world), tag, std::span(room));
    world.barrier();
    request sending = world.isend(right_of(world), tag, sent);
    EXPECT_ERROR_OF(line, type_error, receiving.wait(), "double", "int32", "kept");
    EXPECT_TRUE(world.recv<std::vector<double>>(left_of(world), tag) == sent);
    sending.wait();
    still_works(world);
  }
}

RANKED_TEST(bad_input, longer_than_the_span) {
  for (const std::size_t length : {std::size_t{3}, std::size_t{1000}, std::size_t{100'000}}) {
    const std::vector<int> sent(length, 4);
    std::vector<int> room(length - 1);
    const std::string count = std::to_string(length);
    const std::string less = std::to_string(length - 1);
    request sending = world.isend(right_of(world), tag, sent);
    EXPECT_ERROR(truncation_error, world.recv(left_of(world), tag, std::span(room)), count, less,
                 "kept", "vector");
    EXPECT_ERROR(truncation_error, world.irecv(left_of(world), tag, std::span(room)).wait(), count,
                 less);
    EXPECT_ERROR(truncation_error, world.recv<int>(left_of(world), tag), count, "exactly 1");
    EXPECT_EQ(room, std::vector<int>(length - 1)) << "nothing was written";
    EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), tag), sent);
    sending.wait();
    still_works(world);
  }
}

RANKED_TEST(bad_input, shorter_than_the_value) {
  request sending = world.isend(right_of(world), tag, std::vector<int>{1, 2});
  std::array<int, 3> three{};
  EXPECT_ERROR(truncation_error, world.recv(left_of(world), tag, three), "2 elements", "3");
  EXPECT_EQ(world.recv<std::vector<int>>(left_of(world), tag), (std::vector<int>{1, 2}));
  sending.wait();
  world.send(right_of(world), tag);
  EXPECT_ERROR(truncation_error, world.recv<int>(left_of(world), tag), "exactly");
  world.recv(left_of(world), tag);
  still_works(world);
}

RANKED_TEST(bad_input, contents_where_none_are_wanted) {
  world.send(right_of(world), tag, 5);
  EXPECT_ERROR(truncation_error, world.recv(left_of(world), tag), "4 bytes", "kept");
  EXPECT_EQ(world.recv<int>(left_of(world), tag), 5);
  still_works(world);
}

RANKED_TEST(bad_input, more_serialized_elements_than_there_is_room) {
  const std::vector<std::string> words{"a", "b", "c"};
  request sending = world.isend(right_of(world), tag, words);
  std::array<std::string, 2> room{"x", "y"};
  EXPECT_ERROR(truncation_error, world.recv(left_of(world), tag, std::span(room)), "3", "2");
  EXPECT_ERROR(truncation_error, world.irecv(left_of(world), tag, std::span(room)).wait(), "3", "2",
               "kept");
  request early = world.irecv(right_of(world), tag, std::span(room));  // posted before it is sent
  world.send(left_of(world), tag, words);
  EXPECT_ERROR(truncation_error, early.wait(), "3", "2", "kept");
  EXPECT_FALSE(early.active());
  EXPECT_EQ(world.recv<std::vector<std::string>>(left_of(world), tag), words);
  EXPECT_EQ(world.recv<std::vector<std::string>>(right_of(world), tag), words);
  sending.wait();
  still_works(world);
}

RANKED_TEST(bad_input, raw_bytes_that_are_no_whole_elements) {
  const std::vector<std::byte> five(5);
  request sending = world.isend(right_of(world), tag, five);
  EXPECT_ERROR(truncation_error, world.recv<std::vector<int>>(left_of(world), tag), "5", "bytes");
  EXPECT_EQ(world.recv<std::vector<std::byte>>(left_of(world), tag), five);
  sending.wait();
  still_works(world);
}

RANKED_TEST(bad_input, bytes_that_are_no_archive) {
  const std::vector<std::byte> garbage(100, std::byte{0xff});
  for (int how = 0; how < 2; ++how) {
    world.send(right_of(world), tag, garbage);
    if (how == 0) {
      EXPECT_ERROR(archive_error, world.recv<std::vector<std::string>>(left_of(world), tag),
                   "rank " + std::to_string(left_of(world)), "tag 2", "100 bytes");
    } else {
      EXPECT_ERROR(archive_error, world.irecv<std::vector<std::string>>(left_of(world), tag).get(),
                   "tag 2", "100 bytes");
    }
    still_works(world);
  }
}

RANKED_TEST(bad_input, requests_without_an_operation) {
  request empty;
  EXPECT_ERROR(request_error, empty.wait(), "wait", "moved from", "once");
  request first = world.irecv(left_of(world), tag);
  request second = std::move(first);
  EXPECT_ERROR(request_error, first.wait(), "moved from");  // NOLINT: on purpose
  EXPECT_ERROR(request_error, first.test(), "moved from");  // NOLINT: on purpose
  world.send(right_of(world), tag);
  second.wait();
  EXPECT_ERROR(request_error, second.wait(), "waited for already");
  std::vector<request> none(2);
  EXPECT_ERROR(request_error, wait_all(none), "wait_all");
  EXPECT_ERROR(request_error, wait_any(none), "wait_any");
  EXPECT_ERROR(request_error, wait_some(none.begin(), none.end()), "wait_some");
  still_works(world);
}

RANKED_TEST(bad_input, the_null_communicator) {
  const communicator null = world.split(undefined);
  EXPECT_FALSE(null);
  EXPECT_ERROR(usage_error, null.rank(), "null communicator", "if (comm)");
  EXPECT_ERROR(usage_error, null.send(0, tag, 1), "null communicator");
  EXPECT_ERROR(usage_error, null.barrier(), "null communicator");
  EXPECT_ERROR(usage_error, null.dup(), "null communicator");
  EXPECT_ERROR(argument_error, world.split(-1), "-1", "undefined");
  still_works(world);
}

RANKED_TEST(bad_input, groups) {
  const group all = world.group();
  EXPECT_ERROR(argument_error, all.include(std::array{world.size()}), std::to_string(world.size()));
  EXPECT_ERROR(argument_error, all.include(std::array{-1}), "-1");
  EXPECT_ERROR(argument_error, all.include(std::array{0, 0}), "twice");
  EXPECT_ERROR(argument_error, all.exclude(std::array{world.size()}), "not in this group");
  still_works(world);
}

RANKED_TEST(bad_input, threads_without_a_job) {
  EXPECT_THROW(run_threads(0, [](const communicator&) {}), argument_error);
  EXPECT_THROW(run_threads(-3, [](const communicator&) {}), argument_error);
}

}  // namespace cohort::test
