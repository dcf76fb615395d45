// Packed archives: every kind of type, in a typed matrix of round trips, truncations and corrupted
// bytes; then what single kinds promise.
#include <cohort/archive.hpp>

#include "archive_checks.hpp"
#include "archive_classes.hpp"

#include <gtest/gtest.h>
#include <boost/serialization/deque.hpp>
#include <boost/serialization/stack.hpp>
#include <boost/serialization/vector.hpp>

#include <algorithm>
#include <stack>
#include <stdexcept>

namespace {

using cohort::archive_error;
using cohort::byte_buffer;
using cohort::packed_iarchive;
using cohort::packed_oarchive;
using cohort::detail::pack;
using cohort::detail::unpack;

using namespace archive_classes;
using archive_checks::check;
using archive_checks::equal;

template <class T, class... Values>
std::vector<T> vector_of(Values&&... values) {
  std::vector<T> all;
  (all.push_back(std::forward<Values>(values)), ...);
  return all;
}

using std::string;
const string long_text(300, 'x');

TEST(Archive, Scalars) {
  check(true);
  check('c', '\xff');
  check(std::int8_t{-1});
  check(std::uint64_t{} - 1);
  check(1.5f);
  check(-0.0);
  check(1.25L);
  check(L'w');
  check(u8'8');
  check(color::green);
  check(answer::yes);
  check(std::byte{7});
  check(std::complex<double>(1, 2));
  check(std::chrono::milliseconds(5));
  check(std::chrono::system_clock::time_point(std::chrono::seconds(9)));
  check(point{1, 2});
}

TEST(Archive, Products) {
  check(std::pair<char, double>('a', 2));
  check(std::pair<string, bool>("s", true));
  check(std::tuple<int, string, std::vector<int>>(1, "two", {3, 4}));
  check(std::tuple<int, bool, char>(1, true, 'x'));
  check(std::tuple<>());
  check(std::array<int, 3>{1, 2, 3});
  check(std::array<bool, 3>{true, false, true});
  check(std::array<string, 2>{"a", long_text});
  check(std::array<string, 0>());
  check(std::array<std::array<std::pair<char, int>, 2>, 2>{});
}

TEST(Archive, BuiltInArrays) {
  const int numbers[2][2] = {{1, 2}, {3, 4}};
  const string texts[2] = {"a", "b"};
  packed_oarchive out;
  out << numbers << texts;
  int numbers_read[2][2];
  string texts_read[2];
  packed_iarchive in(out.bytes());
  in >> numbers_read >> texts_read;
  EXPECT_EQ(numbers_read[1][1], 4);
  EXPECT_TRUE(equal(texts_read, texts));
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(Archive, Strings) {
  check(string("hello"), string("\0nul\0", 5), long_text);
  check(std::wstring(L"wide"));
  check(std::u8string(u8"acht"));
  check(std::u16string(u"sechzehn"));
  check(std::u32string(U"zweiunddreißig"));
}

TEST(Archive, Sequences) {
  check(std::vector<int>{1, 2, 3});
  check(std::vector<std::pair<char, int>>{{'a', 1}, {'b', 2}});
  check(std::vector<point>{{1, 2}});
  check(std::vector<string>{"", "a", long_text});
  check(std::vector<std::vector<std::vector<string>>>{{}, {{}, {"x"}}});
  check(std::vector<answer>{answer::yes, answer::no});
  check(std::vector<std::tuple<>>(3));
  check(std::vector<std::monostate>(3));
  check(std::vector<std::array<int, 0>>(3));
  check(std::deque<int>{1, 2}, std::deque<int>(500, 3));
  check(std::deque<string>{"a", "b"});
  check(std::list<int>{1, 2});
  check(std::list<string>{"a", "b"});
  check(std::forward_list<double>{1, 2});
  check(std::forward_list<string>{"a", "b"});
}

TEST(Archive, Bits) {
  check(std::vector<bool>{true}, std::vector<bool>{1, 0, 1, 1, 0, 0, 0, 0, 1},
        std::vector<bool>(16, true));
  check(std::bitset<1>(1));
  check(std::bitset<9>(0x155));
  check(std::bitset<64>(~0ull));
  check(std::bitset<0>());
}

TEST(Archive, Associative) {
  check(std::set<int>{3, 1, 2});
  check(std::set<string>{"a", "b"});
  check(std::multiset<int>{1, 1, 2});
  check(std::map<string, int>{{"apples", 3}, {"pears", 4}});
  check(std::map<int, std::map<string, std::vector<string>>>{{1, {{"a", {"b", "c"}}}}, {2, {}}});
  check(std::map<int, int, std::greater<>>{{1, 2}, {3, 4}});
  check(std::multimap<string, int>{{"a", 2}, {"a", 1}, {"b", 3}});
  check(std::unordered_set<string>{"a", "b", "c"});
  check(std::unordered_multiset<int>{1, 1, 2});
  check(std::unordered_map<string, double>{{"a", 1}, {"b", 2}});
  check(std::unordered_multimap<int, string>{{1, "a"}, {1, "b"}});
  check(std::map<string, bool>{{"a", true}});
}

TEST(Archive, Alternatives) {
  check(std::optional<int>(3));
  check(std::optional<string>("text"));
  check(std::optional<std::optional<bool>>(std::optional<bool>()));
  using choice = std::variant<std::monostate, int, string, std::vector<string>>;
  check(choice(5), choice("text"), choice(std::vector<string>{"a"}));
  check(std::variant<int, int>(std::in_place_index<1>, 7));
}

TEST(Archive, MoveOnly) {
  check(std::make_unique<int>(3));
  check(std::make_unique<string>("text"));
  check(vector_of<std::unique_ptr<string>>(std::make_unique<string>("a"), nullptr));
  check(std::unique_ptr<const int>(new int(3)));
  std::map<string, std::unique_ptr<int>> map;
  map.emplace("a", std::make_unique<int>(1));
  byte_buffer packed;
  pack(map, packed);
  decltype(map) read;
  unpack(packed.bytes(), read);
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(*read.at("a"), 1);
}

TEST(Archive, UserClasses) {
  check(private_member(1, "one"));
  check(free_function{1.5, {{1, "a"}}});
  check(free_split{{1, 2, 3}});
  check(member_split{{1, 2, 3}});
  check(versioned{5, 6});
  derived object;
  static_cast<private_member&>(object) = private_member(1, "base");
  object.more = {private_member(2, "more")};
  check(object);
  check(empty_class());
  check(std::vector<empty_class>(3));
  check(blob{{'a', 'b', 'c', 'd', 'e'}});
  tree root;
  root.flag = true;
  root.children.resize(2);
  root.children[1].next = std::make_unique<tree>();
  check(root);
  check(std::map<string, private_member>{{"a", {1, "b"}}, {"c", {2, "d"}}});
  check(std::optional<versioned>(versioned{7, 8}));
}

TEST(Archive, BoostsOwnCodecsForOtherContainers) {
  std::stack<int> stack({1, 2, 3});
  byte_buffer packed;
  pack(stack, packed);
  std::stack<int> read;
  unpack(packed.bytes(), read);
  EXPECT_EQ(read, stack);
}

TEST(Archive, ClassVersionIsWrittenAndNewerOnesAreRefused) {
  byte_buffer packed;
  pack(versioned{5, 6}, packed);
  ASSERT_EQ(packed.data()[0], std::byte{3});
  versioned read;
  unpack(packed.bytes(), read);
  EXPECT_EQ(read.seen, 3u);

  packed.resize(5);  // what a program of version 2 would have written
  packed.data()[0] = std::byte{2};
  unpack(packed.bytes(), read);
  EXPECT_EQ(read.seen, 2u);
  EXPECT_EQ(read.old_part, 5);

  packed.data()[0] = std::byte{4};
  EXPECT_THROW(unpack(packed.bytes(), read), archive_error);
}

// Raw bytes to read from.
struct bytes_of {
  std::vector<std::byte> bytes;
  bytes_of(std::initializer_list<int> list) {
    for (const int one : list) bytes.push_back(static_cast<std::byte>(one));
  }
};

template <class T>
string problem_with(const bytes_of& input) {
  T value{};
  try {
    unpack(std::span(input.bytes), value);
  } catch (const archive_error& e) {
    return e.what();
  }
  return "nothing";
}

template <class T>
void expect_problem(const bytes_of& input, const string& expected) {
  EXPECT_NE(problem_with<T>(input).find(expected), string::npos) << problem_with<T>(input);
}

TEST(ArchiveErrors, SayWhatWasReadHowMuchItNeedsAndWhatIsLeft) {
  expect_problem<double>({1, 2, 3}, "double needs 8 bytes, 3 are left");
  expect_problem<string>({5, 'a'}, "string claims 5 elements of at least 1 bytes each, 1 bytes");
  expect_problem<std::map<string, int>>({2, 0},
                                        "map<string, int32> claims 2 elements of at least 5");
  expect_problem<bool>({2}, "stored as 2");
  expect_problem<std::optional<int>>({9}, "optional<int32> is stored as 9");
  expect_problem<std::variant<int, string>>({2, 0}, "no alternative 2");
  expect_problem<std::set<char>>({2, 'a', 'a'}, "set<char> has a key twice");
  expect_problem<int>({1, 2, 3, 4, 5}, "1 bytes are left over after int32");
  expect_problem<std::vector<std::tuple<>>>({1, 7}, "its byte is not 0");
  expect_problem<private_member>({1}, "class version 1");
}

TEST(ArchiveErrors, LengthsAreCheckedBeforeAllocating) {
  const bytes_of huge{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10};  // 2^60
  EXPECT_NE(problem_with<string>(huge), "nothing");
  EXPECT_NE(problem_with<std::u32string>(huge), "nothing");
  EXPECT_NE(problem_with<std::vector<double>>(huge), "nothing");
  EXPECT_NE(problem_with<std::vector<bool>>(huge), "nothing");
  EXPECT_NE(problem_with<std::vector<std::vector<int>>>(huge), "nothing");
  EXPECT_NE(problem_with<std::vector<empty_class>>(huge), "nothing");
  EXPECT_NE(problem_with<std::vector<std::monostate>>(huge), "nothing");
  EXPECT_NE(problem_with<std::list<std::tuple<>>>(huge), "nothing");
  EXPECT_NE((problem_with<std::unordered_map<int, int>>(huge)), "nothing");
  const bytes_of beyond_64_bits{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
  expect_problem<string>(beyond_64_bits, "more than 64 bits");
  const bytes_of endless{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  expect_problem<string>(endless, "more than 64 bits");
  const bytes_of largest{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
  expect_problem<std::vector<double>>(largest, "claims 18446744073709551615 elements");
}

TEST(ArchiveErrors, NestingIsBounded) {
  tree root;
  tree* last = &root;
  for (std::size_t depth = 1; depth < cohort::detail::maximum_nesting; ++depth) {
    last->next = std::make_unique<tree>();
    last = last->next.get();
  }
  byte_buffer packed;
  pack(root, packed);
  tree read;
  unpack(packed.bytes(), read);
  EXPECT_EQ(read, root);

  last->next = std::make_unique<tree>();
  packed.clear();
  EXPECT_THROW(pack(root, packed), archive_error);

  byte_buffer hostile;  // version, flag, no children, a next one: again and again
  for (int i = 0; i < 100'000; ++i) hostile.append("\0\0\0\1", 4);
  EXPECT_THROW(unpack(hostile.bytes(), read), archive_error);
}

struct throws_when_copied {
  throws_when_copied() = default;
  throws_when_copied(const throws_when_copied&) { throw std::runtime_error("copied"); }
  throws_when_copied& operator=(const throws_when_copied&) = default;
  template <class Archive>
  void serialize(Archive&, unsigned) {}
};

TEST(ArchiveErrors, AVariantWithoutValueCannotBePacked) {
  std::variant<int, throws_when_copied> value;
  const throws_when_copied source;
  EXPECT_THROW(value.emplace<1>(source), std::runtime_error);
  ASSERT_TRUE(value.valueless_by_exception());
  byte_buffer packed;
  EXPECT_THROW(pack(value, packed), archive_error);
}

TEST(PublicArchives, HoldSeveralValuesInABufferOfTheirOwn) {
  packed_oarchive out;
  out << string("apples") << 3;
  out& BOOST_SERIALIZATION_NVP(long_text);
  byte_buffer bytes;
  bytes.append(out.bytes().data(), out.bytes().size());

  packed_iarchive in(std::move(bytes));
  string name, text;
  int count = 0;
  in >> name >> count >> boost::serialization::make_nvp("long_text", text);
  EXPECT_EQ(name, "apples");
  EXPECT_EQ(count, 3);
  EXPECT_EQ(text, long_text);
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_THROW(in >> count, archive_error);

  byte_buffer more;
  more.append("\7", 1);
  in.assign(std::move(more));
  char seven = 0;
  in >> seven;
  EXPECT_EQ(seven, 7);
}

TEST(PublicArchives, PackedOutputIsIndependentOfPadding) {
  const auto packed_pair = [](unsigned char padding) {
    std::pair<char, int> value;
    std::memset(static_cast<void*>(&value), padding, sizeof value);
    value.first = 'a';
    value.second = 1;
    byte_buffer packed;
    pack(value, packed);
    return string(reinterpret_cast<const char*>(packed.data()), packed.size());
  };
  EXPECT_EQ(packed_pair(0x00), packed_pair(0xff));
}

}  // namespace
