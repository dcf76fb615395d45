// Callables as bytes: every kind that can be sent, what they are called with, what they give back,
// and bytes that are none. All within one process, which has both sides' tables.
#include <cohort/detail/callable_shipping.hpp>
#include <cohort/error.hpp>
#include <cohort/multiprocessing/callable.hpp>

#include "multiprocessing/callable/module.hpp"
#include "multiprocessing/local_family.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace cohort::test {
namespace {

using detail::shipped_callable;

// Functions are authenticated with the cookie of the job that the thread is in.
class callable : public testing::Test {
 protected:
  void SetUp() override { multiprocessing::set_thread_participant(family_.root()); }
  void TearDown() override { multiprocessing::set_thread_participant(nullptr); }

 private:
  local_family family_;
};

// What is sent for a call of f with arguments of these types.
template <class Result, class... Args, class F>
byte_buffer code_of(const F& f) {
  byte_buffer bytes;
  packed_oarchive archive(bytes);
  detail::encode_callable<Result, Args...>(archive, f);
  return bytes;
}

shipped_callable arrived(const byte_buffer& code) {
  packed_iarchive archive(code.bytes());
  shipped_callable there(archive);
  EXPECT_EQ(archive.remaining(), 0u);
  return there;
}

// Sends a callable and arguments there, and the result back.
template <class F, class... Args>
auto call_there(F f, Args&&... arguments) {
  using result = detail::shipped_result_t<F, detail::shipped_t<Args>...>;
  byte_buffer given, given_back;
  packed_oarchive to_given(given), to_back(given_back);
  detail::encode_arguments(to_given, arguments...);
  packed_iarchive given_there(given.bytes());
  arrived(code_of<result, detail::shipped_t<Args>...>(f))(given_there, to_back);

  packed_iarchive back(given_back.bytes());
  if constexpr (!std::is_void_v<result>) {
    result value{};
    detail::decode(back, value);
    EXPECT_EQ(back.remaining(), 0u);
    return value;
  } else {
    EXPECT_EQ(back.remaining(), 0u);
  }
}

int square(int x) {
  return x * x;
}
double square(double x) {
  return x * x;
}
std::string glue(std::string_view a, const std::string& b) {
  return std::string(a) + b;
}
int calls = 0;
void count() {
  ++calls;
}

TEST_F(callable, is_a_function) {
  EXPECT_EQ(call_there<int (*)(int)>(square, 7), 49);
  EXPECT_EQ(call_there<double (*)(double)>(&square, 1.5), 2.25);
  EXPECT_EQ(call_there(&glue, "a", std::string("b")), "ab");
  calls = 0;
  call_there(&count);
  EXPECT_EQ(calls, 1);
}

TEST_F(callable, is_a_function_of_a_library) {
  EXPECT_EQ(call_there(static_cast<int (*)(int)>(&std::toupper), int{'a'}), 'A');
}

TEST_F(callable, that_is_a_null_pointer_is_refused) {
  int (*none)(int) = nullptr;
  EXPECT_THROW(call_there(none, 1), argument_error);
}

struct counter {
  int value = 0;
  int add(int n) { return value += n; }
  int get() const { return value; }
  virtual int twice() const { return 2 * value; }
  counter() = default;
  explicit counter(int from) : value(from) {}
  counter(const counter&) = default;
  counter& operator=(const counter&) = default;
  virtual ~counter() = default;
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& value;
  }
};

TEST_F(callable, is_a_member_function) {
  EXPECT_EQ(call_there(&counter::add, counter(40), 2), 42);
  EXPECT_EQ(call_there(&counter::get, counter(40)), 40);
  EXPECT_EQ(call_there(&counter::twice, counter(40)), 80);
}

TEST_F(callable, is_a_lambda_without_captures) {
  EXPECT_EQ(call_there([](int x) { return x + 1; }, 1), 2);
  EXPECT_EQ(call_there([](auto x) { return x + x; }, std::string("ab")), "abab");
}

// Two lambdas in functions of one name in anonymous namespaces of two files have one name, too;
// what tells them apart is the place of their thunks.
TEST_F(callable, are_two_lambdas_of_one_signature) {
  EXPECT_EQ(call_there([](int x) { return x + 1; }, 1), 2);
  EXPECT_EQ(call_there([](int x) { return x + 2; }, 1), 3);
}

TEST_F(callable, is_an_empty_function_object) {
  EXPECT_EQ(call_there(std::plus<>(), 3, 4), 7);
}

struct scale {
  double factor = 1;
  double operator()(double x) const { return factor * x; }
  template <class Archive>
  void serialize(Archive& archive, unsigned) {
    archive& factor;
  }
};

TEST_F(callable, is_a_function_object_with_serialize) {
  EXPECT_EQ(call_there(scale{2.5}, 2.0), 5.0);
}

TEST_F(callable, is_bound_to_state) {
  EXPECT_EQ(call_there(cohort::bind([](double f, double x) { return f * x; }, 2.5), 2.0), 5.0);
  EXPECT_EQ(call_there(cohort::bind(&glue, "text"), "and text"), "textand text");
  const std::vector<int> numbers{1, 2, 3};
  EXPECT_EQ(call_there(cohort::bind([](const std::vector<int>& all,
                                       int i) { return all.at(std::size_t(i)); },
                                    std::span(numbers)),
                       2),
            3);
}

TEST_F(callable, is_bound_to_another_callable) {
  const auto twice = [](auto& f, int x) { return f(f(x)); };
  EXPECT_EQ(call_there(cohort::bind(twice, [](int x) { return 3 * x; }), 2), 18);
  EXPECT_EQ(call_there(cohort::bind(twice, static_cast<int (*)(int)>(square)), 2), 16);
  EXPECT_EQ(
      call_there(cohort::bind(twice, cohort::bind([](int a, int x) { return a + x; }, 10)), 2), 22);
  EXPECT_EQ(
      call_there(cohort::bind(bind([](int a, int b, int c) { return 100 * a + 10 * b + c; }, 1), 2),
                 3),
      123);
}

TEST_F(callable, keeps_its_state_from_call_to_call) {
  const auto there =
      arrived(code_of<int, int>(cohort::bind([](int& sum, int x) { return sum += x; }, 100)));
  for (const int expected : {101, 102, 103}) {
    byte_buffer given, back;
    packed_oarchive to_given(given), to_back(back);
    to_given << 1;
    packed_iarchive arguments(given.bytes());
    there(arguments, to_back);
    packed_iarchive result(back.bytes());
    int sum = 0;
    result >> sum;
    EXPECT_EQ(sum, expected);
  }
}

TEST_F(callable, gets_decayed_copies) {
  int x = 1;
  const int& r = x;
  EXPECT_TRUE(call_there([](auto&& a) { return std::is_same_v<decltype(a), int&&>; }, r));
  EXPECT_TRUE(
      call_there([](auto&& a) { return std::is_same_v<decltype(a), std::string&&>; }, "text"));
  EXPECT_TRUE(call_there([](auto&& a) { return std::is_same_v<decltype(a), std::string&&>; },
                         std::string_view("view")));
  EXPECT_TRUE(call_there([](auto&& a) { return std::is_same_v<decltype(a), std::vector<int>&&>; },
                         std::span<const int>()));
}

TEST_F(callable, gets_and_gives_what_moves_only) {
  const auto raise = [](std::unique_ptr<int> p) {
    ++*p;
    return p;
  };
  EXPECT_EQ(*call_there(raise, std::make_unique<int>(41)), 42);
}

TEST_F(callable, gives_a_copy_of_what_it_refers_to) {
  EXPECT_EQ(
      call_there([](const std::map<int, std::string>& m) -> const std::string& { return m.at(1); },
                 std::map<int, std::string>{{1, "one"}}),
      "one");
  EXPECT_EQ(call_there([] { return "literal"; }), "literal");
}

TEST_F(callable, throws_as_it_would_here) {
  EXPECT_THROW(call_there([](int) { throw std::out_of_range("it"); }, 1), std::out_of_range);
}

TEST_F(callable, refuses_arguments_of_others) {
  const auto there = arrived(code_of<int, int>([](int x) { return x; }));
  byte_buffer given, back;
  packed_oarchive to_given(given), to_back(back);
  packed_iarchive none(given.bytes());
  EXPECT_THROW(there(none, to_back), archive_error);
  to_given << 1 << 2;
  packed_iarchive too_many(given.bytes());
  EXPECT_THROW(there(too_many, to_back), archive_error);
}

std::string problem_with(const byte_buffer& code) {
  try {
    arrived(code);
  } catch (const callable_error& e) {
    return e.what();
  }
  return "it was taken";
}

TEST_F(callable, of_another_build_is_refused_with_both_build_ids) {
  byte_buffer code = code_of<int, int>([](int x) { return x; });
  const std::uint64_t stranger = 0x0123456789abcdef;
  std::memcpy(code.data(), &stranger, sizeof stranger);
  const std::string problem = problem_with(code);
  EXPECT_NE(problem.find("0123456789abcdef"), problem.npos) << problem;
  const std::string mine = multiprocessing::build_text(multiprocessing::program().build);
  EXPECT_NE(problem.find(mine), problem.npos) << problem;
}

TEST_F(callable, at_no_thunk_is_refused) {
  byte_buffer code = code_of<int, int>([](int x) { return x; });
  const std::uint64_t offset = 16;
  std::memcpy(code.data() + sizeof offset, &offset, sizeof offset);
  const std::string problem = problem_with(code);
  EXPECT_NE(problem.find("there is no callable at offset 16"), problem.npos) << problem;
}

// Its thunks come into the table with the library, and leave it with it.
TEST_F(callable, is_of_a_library_while_that_is_loaded) {
  void* const library = ::dlopen(COHORT_TEST_CALLABLE_LIBRARY, RTLD_NOW);
  ASSERT_NE(library, nullptr) << ::dlerror();
  using encoder = void (*)(packed_oarchive&);
  const auto encode = reinterpret_cast<encoder>(::dlsym(library, "encode_call"));
  ASSERT_NE(encode, nullptr) << ::dlerror();
  byte_buffer code, given, back;
  {
    packed_oarchive to_code(code), to_given(given), to_back(back);
    encode(to_code);
    to_given << 14;
    packed_iarchive arguments(given.bytes());
    arrived(code)(arguments, to_back);
    packed_iarchive result(back.bytes());
    int value = 0;
    result >> value;
    EXPECT_EQ(value, 42);
  }
  ASSERT_EQ(::dlclose(library), 0);
  const std::string problem = problem_with(code);
  EXPECT_NE(problem.find("which this process has not loaded"), problem.npos) << problem;
}

TEST_F(callable, that_is_a_forged_function_is_refused) {
  const byte_buffer good = code_of<int, int>(static_cast<int (*)(int)>(square));
  const std::size_t thunk = sizeof(detail::code_place);
  for (std::size_t at = thunk; at < good.size(); ++at) {
    byte_buffer bad;
    bad.append(good.data(), good.size());
    bad.data()[at] ^= std::byte{1};
    EXPECT_THROW(arrived(bad), archive_error) << "byte " << at;
  }
}

TEST_F(callable, of_another_job_is_refused) {
  const byte_buffer code = code_of<int, int>(static_cast<int (*)(int)>(square));
  const local_family others;
  multiprocessing::set_thread_participant(others.root());
  EXPECT_THROW(arrived(code), archive_error);
}

// Random damage gives the callable or an error, never anything else.
TEST_F(callable, in_damaged_bytes_is_an_error) {
  std::mt19937 random(20);
  const std::vector<byte_buffer> good = [] {
    std::vector<byte_buffer> all;
    all.push_back(code_of<int, int>(static_cast<int (*)(int)>(square)));
    all.push_back(code_of<double, double>(scale{2}));
    all.push_back(code_of<std::string, std::string>(cohort::bind(&glue, "some text")));
    return all;
  }();
  for (int round = 0; round < 3000; ++round) {
    const byte_buffer& from = good[random() % good.size()];
    byte_buffer bad;
    bad.append(from.data(), random() % (from.size() + 1));
    for (auto flips = random() % 4; flips > 0 && !bad.empty(); --flips) {
      bad.data()[random() % bad.size()] ^= static_cast<std::byte>(1u << random() % 8);
    }
    try {
      packed_iarchive archive(bad.bytes());
      const shipped_callable there(archive);
    } catch (const error&) {
    }
  }
}

TEST(shippable, says_what_can_be_sent) {
  int captured = 1;
  const auto captures = [captured](int x) { return x + captured; };
  const auto does_not = [](int x) { return x; };
  EXPECT_TRUE(shippable<decltype(does_not)>);
  EXPECT_TRUE(shippable<int (*)(int)>);
  EXPECT_TRUE(shippable<int(int)>);
  EXPECT_TRUE(shippable<decltype(&counter::add)>);
  EXPECT_TRUE(shippable<scale>);
  EXPECT_TRUE(shippable<decltype(cohort::bind(does_not, 1))>);
  EXPECT_FALSE(shippable<decltype(captures)>);
  EXPECT_FALSE(shippable<std::function<int(int)>>);
  EXPECT_FALSE(shippable<int>);
  EXPECT_EQ(captures(1), 2);
}

}  // namespace
}  // namespace cohort::test
